// Plain loops, compiled with -O3 -ffast-math once per set of instructions: what the kernels are
// measured against where no library has them.
#include "peers.hpp"

#include <cmath>
#include <cstring>

namespace lanewise::peers {
namespace {

void softmax(const float* x, float* result, std::size_t count) {
    float most = x[0];
    for (std::size_t i = 1; i < count; ++i) most = x[i] > most ? x[i] : most;
    float sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        result[i] = std::exp(x[i] - most);
        sum += result[i];
    }
    for (std::size_t i = 0; i < count; ++i) result[i] /= sum;
}

// Borders by clamped indexes, the inside as a loop that vectorises.
void convolve(std::size_t height, std::size_t width, const float* image, const float* weights,
              float* __restrict result) {
    const auto nearest = [](std::size_t at, std::size_t tap, std::size_t size) {
        const std::size_t place = at + tap < 2 ? 0 : at + tap - 2;
        return place < size ? place : size - 1;
    };
    for (std::size_t y = 0; y < height; ++y) {
        const float* rows[5];
        for (std::size_t i = 0; i < 5; ++i) rows[i] = image + nearest(y, i, height) * width;
        float* __restrict const to = result + y * width;
        const auto at_border = [&](std::size_t x) {
            float sum = 0;
            for (std::size_t i = 0; i < 5; ++i) {
                for (std::size_t j = 0; j < 5; ++j)
                    sum += weights[i * 5 + j] * rows[i][nearest(x, j, width)];
            }
            to[x] = sum;
        };
        for (std::size_t x = 0; x < 2 && x < width; ++x) at_border(x);
        for (std::size_t x = 2; x + 2 < width; ++x) {
            float sum = 0;
            for (std::size_t i = 0; i < 5; ++i) {
                for (std::size_t j = 0; j < 5; ++j) sum += weights[i * 5 + j] * rows[i][x + j - 2];
            }
            to[x] = sum;
        }
        for (std::size_t x = width < 4 ? 2 : width - 2; x < width; ++x) at_border(x);
    }
}

// Four tables, as entropy coders count.
void histogram(const std::uint8_t* x, std::size_t count, std::uint64_t* counts) {
    std::uint32_t seen[4][256] = {};
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, x + i, 8);
        ++seen[0][eight & 255];
        ++seen[1][eight >> 8 & 255];
        ++seen[2][eight >> 16 & 255];
        ++seen[3][eight >> 24 & 255];
        ++seen[0][eight >> 32 & 255];
        ++seen[1][eight >> 40 & 255];
        ++seen[2][eight >> 48 & 255];
        ++seen[3][eight >> 56];
    }
    for (; i < count; ++i) ++seen[0][x[i]];
    for (std::size_t value = 0; value < 256; ++value)
        counts[value] = seen[0][value] + seen[1][value] + seen[2][value] + seen[3][value];
}

}  // namespace

const plain_loops PEERS_LOOPS{
    .softmax = softmax,
    .convolve = convolve,
    .histogram = histogram,
};

}  // namespace lanewise::peers
