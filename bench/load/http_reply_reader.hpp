// Finds where a reply ends in a stream of bytes, whichever way it ends, and whether the connection
// goes on. Boost.Beast parses; interim replies (1xx) are passed over here.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lanewise::bench {

class http_reply_reader {
public:
    enum class state : std::uint8_t { incomplete, complete, broken };

    /// For the next reply; one to a HEAD has no body, whatever its fields say.
    void reset(bool to_head = false);

    /// Takes bytes of one reply. Those after its end are a server's mistake, see surplus().
    state take(std::string_view bytes);

    /// The connection has ended, which is the end of a reply that nothing else ends.
    state end();

    [[nodiscard]] int status() const noexcept { return status_; }
    /// Whether the connection is over after this reply.
    [[nodiscard]] bool closes() const noexcept { return closes_; }
    /// Whether bytes came after the reply's end.
    [[nodiscard]] bool surplus() const noexcept { return surplus_; }
    /// Whether a byte of this reply has come, or of an interim one before it.
    [[nodiscard]] bool begun() const noexcept { return begun_; }
    /// Why it is broken, in the parser's words.
    [[nodiscard]] std::string problem() const { return problem_.message(); }

    /// Keeps so many bytes of bodies at most; none until then.
    void keep_body(std::size_t bytes_max) noexcept { keep_bytes_max_ = bytes_max; }
    [[nodiscard]] const std::string& body() const noexcept { return body_; }

private:
    using error_code = boost::system::error_code;
    using text = boost::core::string_view;

    /// Takes what Beast finds, and keeps nothing but the body, where that is wanted.
    class parser : public boost::beast::http::basic_parser<false> {
    public:
        explicit parser(http_reply_reader& owner) : owner_{owner} {}

    private:
        void on_request_impl(boost::beast::http::verb, text, text, int, error_code&) override {}
        void on_response_impl(int status, text, int, error_code&) override {
            owner_.status_ = status;
        }
        void on_field_impl(boost::beast::http::field, text, text, error_code&) override {}
        void on_header_impl(error_code&) override {}
        void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
        std::size_t on_body_impl(text body, error_code&) override { return owner_.keep(body); }
        void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
        std::size_t on_chunk_body_impl(std::uint64_t, text body, error_code&) override {
            return owner_.keep(body);
        }
        void on_finish_impl(error_code&) override {}

        http_reply_reader& owner_;
    };

    std::size_t keep(std::string_view body);
    void begin();
    state parse(std::string_view& bytes);
    state broken(const error_code& error);

    /// Of a field, of a line before a chunk, of all trailers together.
    static constexpr std::uint32_t held_bytes_max = 64 << 10;

    std::optional<parser> parser_;
    std::string held_;  ///< what the parser wants again, with more behind it
    std::string body_;
    std::size_t keep_bytes_max_ = 0;
    error_code problem_;
    int status_ = 0;
    bool to_head_ = false;
    bool closes_ = false;
    bool surplus_ = false;
    bool begun_ = false;
};

}  // namespace lanewise::bench
