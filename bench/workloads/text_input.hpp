// Text as other programs leave it: plain or compressed by gzip, in UTF-8 or UTF-16, with or without
// a byte order mark. It is read in pieces, so that its size is no bound.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lanewise::bench::workloads {

/// What was handed in can't be used: what is wrong with it and what would be right.
struct unusable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class text_input {
public:
    /// "-" is standard input. Throws unusable where the file can't be opened.
    [[nodiscard]] static text_input open(const std::string& path);
    [[nodiscard]] static text_input of(std::string bytes);

    /// The next piece in UTF-8, until the next call; empty at the end. Throws unusable where the
    /// bytes are in a form that is not read.
    [[nodiscard]] std::string_view read();

    /// At least the first `bytes` of the text, less where it is shorter; before the first read().
    [[nodiscard]] std::string_view peek(std::size_t bytes);

    /// After the end: why the text may lack a part, such as gzip data that are cut off; else empty.
    [[nodiscard]] const std::string& damage() const noexcept { return damage_; }

private:
    enum class form : unsigned char { unknown, utf8, utf16_le, utf16_be };
    struct end_inflate {
        void operator()(z_stream* stream) const noexcept {
            inflateEnd(stream);
            delete stream;
        }
    };
    struct close_file {
        void operator()(const int* file) const noexcept;
    };

    text_input() = default;
    /// Bytes as they are stored; false at the end.
    bool read_stored();
    /// Bytes without gzip, into `bytes_`; false at the end.
    bool read_bytes();
    bool inflate_some();
    void decode(bool last);
    void look_at_start();

    std::unique_ptr<int, close_file> file_;
    std::string path_;
    std::string stored_;  ///< read and not yet inflated, from stored_at_ on
    std::size_t stored_at_ = 0;
    bool stored_end_ = false;
    std::unique_ptr<z_stream, end_inflate> gzip_;
    bool between_members_ = false;
    std::string bytes_;  ///< inflated and not yet decoded
    form form_ = form::unknown;
    std::string text_, peeked_;
    std::size_t text_count_ = 0;
    bool end_ = false;
    std::string damage_;
};

/// Lines of bounded length, with or without a carriage return; their memory is the reader's.
class line_reader {
public:
    static constexpr std::size_t longest = std::size_t{1} << 20;

    explicit line_reader(text_input& input) : input_{&input} {}

    struct line {
        std::string_view text;   ///< empty where it was too long
        std::size_t number = 0;  ///< from 1
        bool ended = true;       ///< by a line feed; else the file ends within it
        bool too_long = false;
    };
    /// False at the end. The text lasts until the next call.
    [[nodiscard]] bool next(line& to);

private:
    text_input* input_;
    std::string_view piece_;
    std::string kept_;
    std::size_t number_ = 0;
};

}  // namespace lanewise::bench::workloads
