// Chunked bodies of any bytes: the same data and the same verdict however they are cut.
#include "server/http/chunk_decoder.hpp"

#include <string>

#include "fuzz.hpp"

using namespace lanewise::server;
using lanewise::fuzz::require;

namespace {

struct decoded_body {
    std::string data;
    int status = 0;  // of the refusal
    bool done = false;
    std::size_t consumed = 0;

    bool operator==(const decoded_body&) const = default;
};

decoded_body decode(const std::vector<std::string_view>& parts) {
    chunk_decoder decoder({64, 128, 256, 4'096});
    decoded_body result;
    for (auto part : parts) {
        while (!part.empty() && !decoder.done() && !decoder.is_mostly_framing()) {
            const auto step = decoder.next(part);
            if (!step) {
                result.status = step.error().status;
                result.consumed = 0;  // where the bytes are refused is not promised
                return result;
            }
            require(step->consumed > 0 && step->consumed <= part.size(), "a step goes on");
            require(step->data.size() <= step->consumed, "data is a part of it");
            require(step->data.empty() ||
                        step->data.data() + step->data.size() == part.data() + step->consumed,
                    "data ends where the step ends");
            result.data += step->data;
            result.consumed += step->consumed;
            part.remove_prefix(step->consumed);
        }
    }
    result.done = decoder.done();
    return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = lanewise::fuzz::text_of(data, size);
    const auto whole = decode({text});
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
        require(decode(lanewise::fuzz::cut(text, seed)) == whole, "the cuts change nothing");
    }
    require(whole.data.size() <= size, "no more data than bytes");
    return 0;
}
