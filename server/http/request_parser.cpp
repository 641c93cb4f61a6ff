#include "request_parser.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>
#include <optional>

#include "field_lists.hpp"
#include "syntax.hpp"

namespace lanewise::server {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using beast::error_code;

problem bad(std::string detail) {
    return {400, std::move(detail)};
}

method method_of(http::verb verb) {
    switch (verb) {
        case http::verb::get:
            return method::get;
        case http::verb::head:
            return method::head;
        case http::verb::post:
            return method::post;
        case http::verb::options:
            return method::options;
        case http::verb::put:
        case http::verb::delete_:
        case http::verb::patch:
        case http::verb::trace:
            return method::known;
        default:
            return method::unknown;  // CONNECT too: this is no proxy
    }
}

// Keeps views of the fields that we use. Beast's own parsers copy all: 59 % of a pipelined
// request's time.
class lean_parser final : public http::basic_parser<true> {
public:
    lean_parser(request& out, const head_bytes& head) : out_(out), head_(head) {
        skip(true);  // the framing of bodies is judged here: Beast takes an unknown coding for "no
                     // body"
        header_limit(std::numeric_limits<std::uint32_t>::max());
        body_limit(boost::none);
    }

    std::optional<problem> wrong;  // why, where a rule below refused, and not Beast

private:
    void refuse(problem why, error_code& error) {
        wrong = std::move(why);
        error = http::error::bad_field;
    }

    // What Beast saw, in the connection's own bytes. Beast copies a folded value: those are refused
    // before a head is parsed, and here.
    std::optional<head_part> own(beast::string_view seen, error_code& error) {
        auto part = head_.part({seen.data(), seen.size()});
        if (!part) refuse(bad("the request's head is malformed"), error);
        return part;
    }

    void on_request_impl(http::verb verb, beast::string_view name, beast::string_view target,
                         int version, error_code& error) override {
        const auto own_name = own(name, error);
        const auto own_target = own(target, error);
        if (error) return;
        out_.method_text = *own_name;
        out_.target = *own_target;
        out_.method = method_of(verb);
        out_.http_1_1 = version == 11;
        if (auto why = take_target(out_.target)) refuse(std::move(*why), error);
    }

    // RFC 9112, 3.2: the forms of a target.
    std::optional<problem> take_target(head_part target) {
        if (out_.method == method::unknown)
            return problem{501, "this method is not one that is served here"};
        if (target == "*") {
            if (out_.method != method::options) return bad("the target * goes with OPTIONS only");
            out_.path = target;
            return std::nullopt;
        }
        if (!target.starts_with('/')) {
            const auto scheme = target.substr(0, target.find("://"));
            if (scheme.size() == target.size())
                return bad("the request target has to begin with a slash");
            if (!syntax::equal_ignoring_case(scheme, "http")) {
                return problem{421, "only http:// targets are served here"};
            }
            target = target.part(scheme.size() + 3);
            target_host_ = target.part(0, target.find_first_of("/?"));
            if (target_host_.empty() || target_host_.front() == ':' ||
                !syntax::is_authority(target_host_)) {
                return bad("the host in the request target is malformed");
            }
            target = target.part(target_host_.size());
        }
        out_.path = target.part(0, target.find('?'));
        if (out_.path.size() < target.size()) out_.query = target.part(out_.path.size() + 1);
        if (!syntax::is_path_or_query(out_.path, false) ||
            !syntax::is_path_or_query(out_.query, true)) {
            return bad(
                "the request target holds a character that a URI can't hold, or a broken "
                "percent-encoding");
        }
        if (out_.path.empty()) out_.path = head_part("/");
        return std::nullopt;
    }

    void on_field_impl(http::field name, beast::string_view name_text, beast::string_view text,
                       error_code& error) override {
        const auto found = own(text, error);
        if (!found) return;
        const auto value = *found;
        switch (name) {
            case http::field::host:
                if (!syntax::is_authority(value))
                    return refuse(bad("the Host field is malformed"), error);
                return take_once(out_.host, value, "Host", error);
            case http::field::content_length:
                take_once(length_, value, "Content-Length", error);
                if (!error) take_length(value, error);
                return;
            case http::field::transfer_encoding:
                take_once(coding_, value, "Transfer-Encoding", error);
                if (!error) take_coding(value, error);
                return;
            case http::field::connection:
                return take_connection(value);
            case http::field::expect:
                return take_expectations(value, error);
            case http::field::content_type:
                return take_once(out_.content_type, value, "Content-Type", error);
            case http::field::authorization:
                return take_once(out_.authorization, value, "Authorization", error);
            case http::field::origin:
                return take_once(out_.origin, value, "Origin", error);
            case http::field::accept:
                return out_.accept.add(value);
            case http::field::accept_encoding:
                return out_.accept_encoding.add(value);
            case http::field::content_encoding:
                return out_.content_encoding.add(value);
            case http::field::if_match:
                return out_.if_match.add(value);
            case http::field::if_none_match:
                return out_.if_none_match.add(value);
            case http::field::unknown:
                if (beast::iequals(name_text, "traceparent")) take_trace(value);
                if (beast::iequals(name_text, "tracestate")) out_.tracestate.add(value);
                return;
            default:
                return;
        }
    }

    void take_once(head_part& into, head_part value, const char* name, error_code& error) {
        if (into.data() != nullptr)
            return refuse(bad(std::string{"the "} + name + " field is there twice"), error);
        into = value;
    }

    // One that is malformed, or there twice, is as good as none.
    void take_trace(head_part value) {
        out_.traceparent = trace_parent(trace_seen_ ? std::string_view() : value);
        trace_seen_ = true;
    }

    void take_length(std::string_view value, error_code& error) {
        std::uint64_t length = 0;
        for (const char c : value) {
            const auto digit = static_cast<std::uint64_t>(c - '0');
            if (!syntax::is_digit(c) ||
                length > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) {
                return refuse(bad("the Content-Length field has to be one decimal number"), error);
            }
            length = length * 10 + digit;
        }
        if (value.empty()) return refuse(bad("the Content-Length field is empty"), error);
        out_.body = framing::length;
        out_.content_length = length;
    }

    // RFC 9112, 6.1: chunked has to come last, and once; no other coding is understood here. Empty
    // elements are refused, where other lists ignore them: what tells where a request ends has one
    // reading for all on its way.
    void take_coding(std::string_view value, error_code& error) {
        out_.body = framing::chunked;
        if (syntax::equal_ignoring_case(value, "chunked")) return;
        std::size_t others = 0;
        bool last = false;
        for (auto rest = value; !rest.empty() && !last;) {
            const auto coding = next_item(rest, ',');
            last = syntax::equal_ignoring_case(coding, "chunked");
            if (coding.empty() || (last && !rest.empty())) {
                return refuse(bad("the Transfer-Encoding field has to be \"chunked\""), error);
            }
            others += !last;
        }
        if (!last || others == 0)
            return refuse(bad("the last transfer coding of a request has to be chunked"), error);
        refuse({501, "chunked is the only transfer coding that is read here"}, error);
    }

    void take_expectations(std::string_view list, error_code& error) {
        while (true) {
            const auto expectation = next_element(list);
            if (expectation.empty()) return;
            if (!syntax::equal_ignoring_case(expectation, "100-continue")) {
                return refuse({417, "the only expectation that is met here is 100-continue"},
                              error);
            }
            out_.expects_continue = true;
        }
    }

    void take_connection(std::string_view options) {
        while (true) {
            const auto option = next_element(options);
            if (option.empty()) return;
            close_ = close_ || syntax::equal_ignoring_case(option, "close");
            keep_alive_ = keep_alive_ || syntax::equal_ignoring_case(option, "keep-alive");
        }
    }

    void on_header_impl(error_code& error) override {
        if (out_.http_1_1 && out_.host.data() == nullptr) {
            return refuse(bad("an HTTP/1.1 request has to have a Host field"), error);
        }
        if (target_host_.data() != nullptr) {
            out_.host = target_host_;
        } else if (out_.host.data() != nullptr && names_no_host(out_.host)) {
            // RFC 9110, 4.2.1: an http URI without a host is invalid.
            return refuse(bad("the Host field names no host"), error);
        }
        if (coding_.data() != nullptr && length_.data() != nullptr) {
            return refuse(bad("a request has either a Content-Length or a Transfer-Encoding"),
                          error);
        }
        if (coding_.data() != nullptr && !out_.http_1_1) {
            return refuse(bad("HTTP/1.0 has no Transfer-Encoding"), error);
        }
        out_.expects_continue = out_.expects_continue && out_.http_1_1;
        out_.keep_alive = !close_ && (out_.http_1_1 || keep_alive_);
    }

    static bool names_no_host(std::string_view authority) {
        return authority.empty() || authority.front() == ':';
    }

    // Bodies never reach this parser.
    void on_response_impl(int, beast::string_view, int, error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(beast::string_view text, error_code&) override { return text.size(); }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view text, error_code&) override {
        return text.size();
    }
    void on_finish_impl(error_code&) override {}

    request& out_;
    const head_bytes& head_;
    head_part target_host_, length_, coding_;
    bool close_ = false, keep_alive_ = false, trace_seen_ = false;
};

outcome<void> parse(const head_bytes& head, request& out, error_code& error) {
    lean_parser parser(out, head);
    parser.put(boost::asio::buffer(head.read().data(), head.read().size()), error);
    if (parser.wrong) return std::move(*parser.wrong);
    if (error) return bad("the request's head is malformed: " + error.message());
    if (!parser.is_header_done())
        return bad("the request's head is malformed: it ends in the middle of a line");
    return {};
}

// Beast says "bad version" of any that it does not speak, and of a request line with a space too
// many.
outcome<void> parse_other_version(std::string_view head, request& out) {
    const auto line = head.substr(0, head.find("\r\n"));
    if (std::ranges::count(line, ' ') != 2 || !syntax::ends_with_version(line))
        return bad("a request line is: method, one space, target, one space, HTTP/1.1");
    if (line[line.size() - 3] != '1')
        return problem{505, "HTTP/1.1 and HTTP/1.0 are the versions served here"};
    // RFC 9110, 6.2: a higher minor version is read as the highest that we speak.
    std::string mended(head);
    mended[line.size() - 1] = '1';
    out = {};
    error_code error;
    return parse(head_bytes(head, mended), out, error);
}

}  // namespace

outcome<void> parse_head(std::string_view head, request& out) {
    error_code error;
    auto parsed = parse(head_bytes(head), out, error);
    if (error == http::error::bad_version) return parse_other_version(head, out);
    return parsed;
}

}  // namespace lanewise::server
