// Plain loops, compiled with -O3 -ffast-math once per set of instructions: what the kernels are
// measured against where no library has them.
#include "peers.hpp"

#include <cmath>

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

}  // namespace

const plain_loops PEERS_LOOPS{
    .softmax = softmax,
    .convolve = convolve,
};

}  // namespace lanewise::peers
