#include "generate.hpp"

namespace lanewise::kernels {
namespace {

constexpr std::uint64_t step = 0x9e3779b97f4a7c15U;

constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

// A counter, not a chain: no element waits for the one before it.
template <class T, class FromWord>
void fill(std::uint64_t state, std::size_t count, void* elements, FromWord from_word) {
    auto* to = static_cast<T*>(elements);
    for (std::size_t i = 0; i < count; ++i) to[i] = from_word(mix(state + (i + 1) * step));
}

}  // namespace

void generate(element_type type, std::uint64_t seed, std::uint64_t array, std::uint64_t first,
              std::size_t count, void* elements) noexcept {
    const std::uint64_t state = mix(seed + (array + 1) * step) + first * step;
    switch (type) {
        case element_type::f32:
            return fill<float>(state, count, elements, [](std::uint64_t word) {
                return static_cast<float>(static_cast<std::int32_t>(word >> 40) - (1 << 23)) *
                       0x1p-23F;
            });
        case element_type::i8:
        case element_type::u8:
            return fill<std::uint8_t>(state, count, elements, [](std::uint64_t word) {
                return static_cast<std::uint8_t>(word >> 56);
            });
        case element_type::i32:
        case element_type::u32:
            return fill<std::uint32_t>(state, count, elements, [](std::uint64_t word) {
                return static_cast<std::uint32_t>(word >> 32);
            });
        case element_type::i64:
        case element_type::u64:
            return fill<std::uint64_t>(state, count, elements,
                                       [](std::uint64_t word) { return word; });
    }
}

}  // namespace lanewise::kernels
