// JSON bodies of any bytes: what is taken is valid by another parser too, and what that takes is
// not refused as invalid.
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstring>

#include "fuzz.hpp"
#include "server/calls/wire.hpp"

using namespace lanewise;
using namespace lanewise::server;
using lanewise::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = lanewise::fuzz::text_of(data, size);
    boost::system::error_code error;
    const auto other = boost::json::parse(text, error, {}, {});
    body_pool pool(1 << 22);
    for (const auto& kernel : kernels::catalogue()) {
        const auto read = wire::from_json(kernel, wire::given_parameters(kernel.parameters.size()),
                                          text, 1'000, pool);
        if (read) {
            // Of exponents that an int can't hold it says nothing.
            require(error == boost::json::error::exponent_overflow || (!error && other.is_object()),
                    "what is taken is an object by Boost.JSON too");
            require(read->sizes.size() == kernel.parameters.size(), "every parameter has a value");
            std::size_t elements = 0;
            for (std::size_t i = 0; i < kernel.inputs.size(); ++i) {
                const auto count = kernels::extent(kernel.inputs[i].dimensions, read->sizes);
                require(count <= 1'000, "no more elements than allowed");
                // Every byte of an input has to be there.
                std::vector<std::byte> copy(count * kernels::element_bytes(kernel.inputs[i].type));
                if (!copy.empty()) std::memcpy(copy.data(), read->inputs[i], copy.size());
                elements += count;
            }
            require(elements <= size, "an element takes a byte of text at least");
        } else if (read.error().status == 400) {
            // Names and strings of more than 64 bytes are no valid body here.
            require(error || size > 64, "what is refused as invalid is invalid by Boost.JSON too");
        } else {
            require(read.error().status == 422 || read.error().status == 503, "422, or no memory");
        }
    }
    require(pool.bytes_in_use() == 0, "no memory is kept");
    return 0;
}
