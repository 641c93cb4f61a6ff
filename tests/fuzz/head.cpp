// Heads of any bytes: the scanner decides the same however they are cut, and the parser takes only
// what the scanner found whole.
#include "server/http/head_scanner.hpp"

#include <string>

#include "fuzz.hpp"
#include "server/http/request_parser.hpp"
#include "server/http/syntax.hpp"

using namespace lanewise::server;
using lanewise::fuzz::require;

namespace {

constexpr head_limits limits{2'048, 20};

// The head's length, 0 where the bytes hold no whole one, or minus the status that refuses them.
long long verdict(const outcome<std::size_t>& advanced) {
    return advanced ? static_cast<long long>(*advanced) : -advanced.error().status;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = lanewise::fuzz::text_of(data, size);
    head_scanner whole;
    const auto advanced = whole.advance(text, limits);
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
        head_scanner scanner;
        std::size_t seen = 0;
        long long decided = 0;
        for (const auto part : lanewise::fuzz::cut(text, seed)) {
            seen += part.size();
            decided = verdict(scanner.advance(text.substr(0, seen), limits));
            if (decided != 0) break;
        }
        require(text.empty() || decided == verdict(advanced), "the cuts change nothing");
    }
    if (!advanced || *advanced == 0) return 0;
    require(*advanced <= limits.head_bytes_max, "a head is within its bound");
    const auto head = text.substr(whole.request_line(), *advanced - whole.request_line());
    request parsed;
    if (!parse_head(head, parsed)) return 0;
    require(head.find('\0') == std::string_view::npos, "no NUL");
    for (std::size_t i = 0; i < head.size(); ++i) {
        if (head[i] == '\r') require(head[i + 1] == '\n', "no bare CR");
        if (head[i] == '\n') require(head[i - 1] == '\r', "no bare LF");
    }
    require(parsed.path.starts_with('/') || parsed.path == "*", "a path, or the star");
    require(syntax::is_authority(parsed.host), "the host is an authority");
    require(parsed.body != framing::none || parsed.content_length == 0,
            "no length without framing");
    return 0;
}
