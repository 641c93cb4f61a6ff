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

}  // namespace

const plain_loops PEERS_LOOPS{
    .softmax = softmax,
};

}  // namespace lanewise::peers
