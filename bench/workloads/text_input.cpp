#include "text_input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "utf8.hpp"

namespace lanewise::bench::workloads {
namespace {

constexpr std::size_t piece_bytes = std::size_t{64} << 10;

struct magic {
    std::string_view bytes, name, program;
};
// What is compressed by another program, by its first bytes.
constexpr std::array magics{
    magic{"\x28\xb5\x2f\xfd", "zstd", "zstd -dc"}, magic{"BZh", "bzip2", "bzip2 -dc"},
    magic{"\xfd\x37zXZ", "xz", "xz -dc"}, magic{"PK\x03\x04", "zip", "unzip -p"}};

}  // namespace

void text_input::close_file::operator()(const int* file) const noexcept {
    if (*file != STDIN_FILENO) close(*file);
    delete file;
}

text_input text_input::open(const std::string& path) {
    text_input input;
    input.path_ = path == "-" ? "standard input" : path;
    int file = STDIN_FILENO;
    if (path != "-") {
        file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        struct stat facts{};
        if (file < 0) throw unusable{path + ": " + std::strerror(errno)};
        if (fstat(file, &facts) == 0 && S_ISDIR(facts.st_mode)) {
            close(file);
            throw unusable{path + ": " + std::strerror(EISDIR)};
        }
    }
    input.file_.reset(new int{file});
    return input;
}

text_input text_input::of(std::string bytes) {
    text_input input;
    input.path_ = "text";
    input.stored_ = std::move(bytes);
    input.stored_end_ = true;
    return input;
}

bool text_input::read_stored() {
    if (stored_at_ < stored_.size()) return true;
    if (stored_end_) return false;
    stored_.resize(piece_bytes);
    stored_at_ = 0;
    for (;;) {
        const auto count = ::read(*file_, stored_.data(), stored_.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw unusable{path_ + ": " + std::strerror(errno)};
        stored_.resize(static_cast<std::size_t>(count));
        stored_end_ = count == 0;
        return count > 0;
    }
}

bool text_input::inflate_some() {
    for (;;) {
        if (!read_stored()) {
            if (!between_members_) damage_ = "its gzip data end too early: the end is missing";
            return false;
        }
        if (between_members_) {
            // Another member, or padding with zeros, which some tapes and copies leave.
            if (stored_[stored_at_] == 0) {
                ++stored_at_;
                continue;
            }
            if (stored_[stored_at_] != '\x1f') {
                damage_ = "bytes that are no gzip data follow the gzip data";
                return false;
            }
            inflateReset(gzip_.get());
            between_members_ = false;
        }
        const auto start = bytes_.size();
        bytes_.resize(start + piece_bytes);
        gzip_->next_in = reinterpret_cast<Bytef*>(stored_.data() + stored_at_);
        gzip_->avail_in = static_cast<uInt>(stored_.size() - stored_at_);
        gzip_->next_out = reinterpret_cast<Bytef*>(bytes_.data() + start);
        gzip_->avail_out = static_cast<uInt>(piece_bytes);
        const int result = inflate(gzip_.get(), Z_NO_FLUSH);
        stored_at_ = stored_.size() - gzip_->avail_in;
        bytes_.resize(bytes_.size() - gzip_->avail_out);
        if (result == Z_STREAM_END) {
            between_members_ = true;
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            damage_ = "its gzip data are damaged: what follows the damage is missing";
            stored_at_ = stored_.size();
            stored_end_ = true;
            between_members_ = true;
            return bytes_.size() > start;
        }
        if (bytes_.size() > start) return true;
    }
}

bool text_input::read_bytes() {
    if (gzip_) return inflate_some();
    if (!read_stored()) return false;
    bytes_.append(stored_, stored_at_);
    stored_at_ = stored_.size();
    return true;
}

/// Needs the first bytes together: pipes may bring them one by one.
void text_input::look_at_start() {
    constexpr std::size_t enough = 8;
    std::string start;
    while (start.size() < enough && read_stored()) {
        start.append(stored_, stored_at_);
        stored_at_ = stored_.size();
    }
    stored_ = start;
    stored_at_ = 0;
    for (const auto& other : magics) {
        if (stored_.starts_with(other.bytes)) {
            throw unusable{path_ + ": is compressed by " + std::string{other.name} +
                           ", which is not read; " + std::string{other.program} +
                           " FILE | lanewise-bench workload - does"};
        }
    }
    if (stored_.starts_with("\x1f\x8b")) {
        gzip_.reset(new z_stream{});
        constexpr int gzip_alone = 16 + MAX_WBITS;
        if (inflateInit2(gzip_.get(), gzip_alone) != Z_OK) throw std::bad_alloc{};
    }
    while (bytes_.size() < enough && read_bytes()) {
    }
    const auto byte = [&](std::size_t i) {
        return i < bytes_.size() ? static_cast<unsigned char>(bytes_[i]) : 0xffU;
    };
    form_ = form::utf8;
    if (bytes_.starts_with("\xef\xbb\xbf")) {
        bytes_.erase(0, 3);
    } else if (bytes_.starts_with("\xff\xfe")) {
        form_ = form::utf16_le;
        bytes_.erase(0, 2);
    } else if (bytes_.starts_with("\xfe\xff")) {
        form_ = form::utf16_be;
        bytes_.erase(0, 2);
    } else if (byte(0) != 0 && byte(1) == 0 && byte(2) != 0 && byte(3) == 0) {
        form_ = form::utf16_le;
    } else if (byte(0) == 0 && byte(1) != 0 && byte(2) == 0 && byte(3) != 0) {
        form_ = form::utf16_be;
    }
}

void text_input::decode(bool last) {
    if (form_ == form::utf8) {
        text_.swap(bytes_);
        bytes_.clear();
        return;
    }
    text_.clear();
    const auto unit = [&](std::size_t i) {
        const auto first = static_cast<unsigned char>(bytes_[i]);
        const auto second = static_cast<unsigned char>(bytes_[i + 1]);
        return static_cast<std::uint32_t>(form_ == form::utf16_le ? second << 8 | first
                                                                  : first << 8 | second);
    };
    constexpr std::uint32_t unknown = 0xfffd;
    std::size_t at = 0;
    while (at + 2 <= bytes_.size()) {
        const auto first = unit(at);
        if (first >= 0xd800 && first < 0xdc00) {
            if (at + 4 > bytes_.size() && !last) break;
            const auto second = at + 4 <= bytes_.size() ? unit(at + 2) : 0;
            const bool pair = second >= 0xdc00 && second < 0xe000;
            append_utf8(text_,
                        pair ? 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00) : unknown);
            at += pair ? 4 : 2;
        } else {
            append_utf8(text_, first >= 0xdc00 && first < 0xe000 ? unknown : first);
            at += 2;
        }
    }
    bytes_.erase(0, at);
    if (last && !bytes_.empty()) {
        append_utf8(text_, unknown);
        bytes_.clear();
    }
}

std::string_view text_input::read() {
    if (!peeked_.empty()) {
        text_.swap(peeked_);
        peeked_.clear();
        return text_;
    }
    if (form_ == form::unknown) {
        look_at_start();
        if (!bytes_.empty()) {
            decode(false);
            if (!text_.empty()) return text_;
        }
    }
    while (!end_) {
        end_ = !read_bytes();
        decode(end_);
        if (!text_.empty()) return text_;
    }
    return {};
}

std::string_view text_input::peek(std::size_t bytes) {
    std::string start;
    start.swap(peeked_);
    while (start.size() < bytes) {
        const auto piece = read();
        if (piece.empty()) break;
        start += piece;
    }
    peeked_ = std::move(start);
    return peeked_;
}

bool line_reader::next(line& to) {
    kept_.clear();
    to = {.text = {}, .number = ++number_, .ended = false, .too_long = false};
    bool any = false;
    for (;;) {
        if (piece_.empty()) piece_ = input_->read();
        if (piece_.empty()) break;
        any = true;
        const auto end = piece_.find('\n');
        const auto part = piece_.substr(0, end);
        to.too_long = to.too_long || kept_.size() + part.size() > longest;
        if (end != std::string_view::npos && kept_.empty() && !to.too_long) {
            // The usual case: the whole line lies in the piece.
            to.text = part;
            to.ended = true;
            piece_.remove_prefix(end + 1);
            break;
        }
        if (!to.too_long) kept_ += part;
        piece_.remove_prefix(end == std::string_view::npos ? piece_.size() : end + 1);
        to.ended = end != std::string_view::npos;
        if (to.ended) break;
    }
    if (to.too_long) {
        to.text = {};
    } else if (to.text.empty()) {
        to.text = kept_;
    }
    if (to.text.ends_with('\r')) to.text.remove_suffix(1);
    return any;
}

}  // namespace lanewise::bench::workloads
