// A consumer's own shared library that holds the kernels.
#include <kernels/kernels.hpp>

float length_squared(std::span<const float> vector);

float length_squared(std::span<const float> vector) {
    return lanewise::kernels::dot_f32(vector, vector);
}
