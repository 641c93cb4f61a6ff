// simdjson and fast_float reading an array of floats. What of them is compiled here takes the
// instructions of the flags; without AVX2 simdjson would be its slow one.
#include "peers.hpp"

#if PEERS_SIMDJSON
#include <simdjson.h>

namespace lanewise::peers {

std::size_t ondemand_floats(const char* text, std::size_t bytes, float* to) {
    static simdjson::ondemand::parser parser;
    std::size_t count = 0;
    auto document = parser.iterate(text, bytes, bytes + simdjson::SIMDJSON_PADDING);
    for (double value : document["x"].get_array()) to[count++] = static_cast<float>(value);
    return count;
}

std::size_t dom_floats(const char* text, std::size_t bytes, float* to) {
    static simdjson::dom::parser parser;
    std::size_t count = 0;
    const simdjson::dom::array numbers = parser.parse(text, bytes, false)["x"];
    for (double value : numbers) to[count++] = static_cast<float>(value);
    return count;
}

}  // namespace lanewise::peers
#endif

#if PEERS_FAST_FLOAT
#include <fast_float/fast_float.h>
#include <algorithm>

namespace lanewise::peers {

std::size_t fast_floats(const char* text, std::size_t bytes, float* to) {
    const char* const end = text + bytes;
    const char* at = std::find(text, end, '[');
    std::size_t count = 0;
    while (at < end && *at != ']') {
        const auto read =
            fast_float::from_chars(at + 1, end, to[count++], fast_float::chars_format::json);
        at = read.ec == std::errc{} ? read.ptr : end;
    }
    return count;
}

}  // namespace lanewise::peers
#endif
