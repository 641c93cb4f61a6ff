#include <cmath>
#include <iostream>
#include <vector>

#include <kernels/kernels.hpp>

int main() {
    using namespace lanewise::kernels;
    const std::vector<float> query{1, 2, 3, 4}, document{1.5F, 2, 2.5F, 5};
    const float similarity =
        dot_f32(query, document) / std::sqrt(dot_f32(query, query) * dot_f32(document, document));
    std::cout << "cosine similarity " << similarity << " on " << active_variant() << '\n';
}
