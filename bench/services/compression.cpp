#include <zlib.h>
#include <zstd.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "sample_data.hpp"
#include "service_tasks.hpp"

namespace lanewise::bench {
namespace {

constexpr std::size_t text_bytes = 256 << 10;
constexpr int zstd_level = 3;

void check(bool fine, const char* what) {
    if (!fine) throw std::runtime_error{std::string{what} + " failed"};
}

struct free_zstd {
    void operator()(ZSTD_CCtx* held) const noexcept { ZSTD_freeCCtx(held); }
    void operator()(ZSTD_DCtx* held) const noexcept { ZSTD_freeDCtx(held); }
};

class zstd_compressing : public task {
public:
    zstd_compressing()
        : context_{ZSTD_createCCtx()},
          text_{sample_text(sample_seed, text_bytes)},
          made_(ZSTD_compressBound(text_bytes)) {
        check(context_ != nullptr, "zstd");
    }
    double call(std::int64_t times) override {
        for (std::int64_t i = 0; i < times; ++i) {
            size_ = ZSTD_compressCCtx(context_.get(), made_.data(), made_.size(), text_.data(),
                                      text_.size(), zstd_level);
            check(ZSTD_isError(size_) == 0, "to compress by zstd");
        }
        asm volatile("" : : "r"(made_.data()) : "memory");
        return static_cast<double>(times) * static_cast<double>(text_bytes);
    }
    [[nodiscard]] std::string made() const { return {made_.data(), size_}; }

private:
    std::unique_ptr<ZSTD_CCtx, free_zstd> context_;
    std::string text_;
    std::vector<char> made_;
    std::size_t size_ = 0;
};

class zstd_decompressing : public task {
public:
    zstd_decompressing() : context_{ZSTD_createDCtx()}, text_(text_bytes) {
        check(context_ != nullptr, "zstd");
        zstd_compressing maker;
        maker.call(1);
        packed_ = maker.made();
    }
    double call(std::int64_t times) override {
        for (std::int64_t i = 0; i < times; ++i) {
            const auto size = ZSTD_decompressDCtx(context_.get(), text_.data(), text_.size(),
                                                  packed_.data(), packed_.size());
            check(size == text_bytes, "to decompress by zstd");
        }
        asm volatile("" : : "r"(text_.data()) : "memory");
        return static_cast<double>(times) * static_cast<double>(text_bytes);
    }

private:
    std::unique_ptr<ZSTD_DCtx, free_zstd> context_;
    std::string packed_;
    std::vector<char> text_;
};

constexpr int gzip_window = 15 + 16;  // zlib's way to say gzip

Bytef* bytes_of(const void* data) {
    return const_cast<Bytef*>(static_cast<const Bytef*>(data));
}

class gzip_compressing : public task {
public:
    gzip_compressing() : text_{sample_text(sample_seed, text_bytes)} {
        check(deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, 8,
                           Z_DEFAULT_STRATEGY) == Z_OK,
              "zlib");
        made_.resize(deflateBound(&stream_, text_bytes));
    }
    ~gzip_compressing() override { deflateEnd(&stream_); }
    gzip_compressing(const gzip_compressing&) = delete;
    gzip_compressing& operator=(const gzip_compressing&) = delete;
    double call(std::int64_t times) override {
        for (std::int64_t i = 0; i < times; ++i) {
            check(deflateReset(&stream_) == Z_OK, "zlib");
            stream_.next_in = bytes_of(text_.data()),
            stream_.avail_in = static_cast<uInt>(text_bytes);
            stream_.next_out = made_.data(), stream_.avail_out = static_cast<uInt>(made_.size());
            check(deflate(&stream_, Z_FINISH) == Z_STREAM_END, "to compress by zlib");
        }
        return static_cast<double>(times) * static_cast<double>(text_bytes);
    }
    [[nodiscard]] std::vector<Bytef> made() const {
        return {made_.begin(), made_.begin() + static_cast<std::ptrdiff_t>(stream_.total_out)};
    }

private:
    z_stream stream_{};
    std::string text_;
    std::vector<Bytef> made_;
};

class gzip_decompressing : public task {
public:
    gzip_decompressing() : text_(text_bytes) {
        gzip_compressing maker;
        maker.call(1);
        packed_ = maker.made();
        check(inflateInit2(&stream_, gzip_window) == Z_OK, "zlib");
    }
    ~gzip_decompressing() override { inflateEnd(&stream_); }
    gzip_decompressing(const gzip_decompressing&) = delete;
    gzip_decompressing& operator=(const gzip_decompressing&) = delete;
    double call(std::int64_t times) override {
        for (std::int64_t i = 0; i < times; ++i) {
            check(inflateReset(&stream_) == Z_OK, "zlib");
            stream_.next_in = packed_.data(), stream_.avail_in = static_cast<uInt>(packed_.size());
            stream_.next_out = text_.data(), stream_.avail_out = static_cast<uInt>(text_.size());
            check(inflate(&stream_, Z_FINISH) == Z_STREAM_END && stream_.total_out == text_bytes,
                  "to decompress by zlib");
        }
        return static_cast<double>(times) * static_cast<double>(text_bytes);
    }

private:
    z_stream stream_{};
    std::vector<Bytef> packed_;
    std::vector<Bytef> text_;
};

}  // namespace

std::unique_ptr<task> zstd_compress_task() {
    return std::make_unique<zstd_compressing>();
}
std::unique_ptr<task> zstd_decompress_task() {
    return std::make_unique<zstd_decompressing>();
}
std::unique_ptr<task> gzip_compress_task() {
    return std::make_unique<gzip_compressing>();
}
std::unique_ptr<task> gzip_decompress_task() {
    return std::make_unique<gzip_decompressing>();
}

}  // namespace lanewise::bench
