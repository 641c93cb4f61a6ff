// A program outside Lanewise that uses its kernels: how alike are two vectors?
#include <cmath>
#include <iostream>
#include <vector>

#include <kernels/kernels.hpp>

namespace kernels = lanewise::kernels;

int main() {
    const std::vector<float> query{1.0F, 2.0F, 3.0F, 4.0F};
    const std::vector<float> document{1.5F, 2.0F, 2.5F, 5.0F};

    const float similarity =
        kernels::dot_f32(query, document) /
        std::sqrt(kernels::dot_f32(query, query) * kernels::dot_f32(document, document));
    std::cout << "cosine similarity " << similarity << " on " << kernels::active_variant() << '\n';
}
