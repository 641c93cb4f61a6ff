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

std::uint64_t state_of(std::uint64_t seed, std::uint64_t array, std::uint64_t first) {
    return mix(seed + (array + 1) * step) + first * step;
}

// Takes numbers below small bounds off the low end of a word, and writes characters of them.
class characters {
public:
    characters(std::uint64_t word, std::uint8_t* to) : word_(word), to_(to) {}

    void one_byte() { put(0x20 + below(95)); }
    void two_bytes() {
        put(0xc2 + below(30));
        continuation();
    }
    // U+1000 to U+CFFF, clear of the surrogates.
    void three_bytes() {
        put(0xe1 + below(12));
        continuation();
        continuation();
    }
    // U+40000 to U+FFFFF.
    void four_bytes() {
        put(0xf1 + below(3));
        continuation();
        continuation();
        continuation();
    }

private:
    std::uint64_t below(std::uint64_t bound) {
        const std::uint64_t number = word_ % bound;
        word_ /= bound;
        return number;
    }
    void continuation() { put(0x80 + below(64)); }
    void put(std::uint64_t byte) { *to_++ = static_cast<std::uint8_t>(byte); }

    std::uint64_t word_;
    std::uint8_t* to_;
};

void fill_text(std::uint64_t state, std::size_t count, std::uint8_t* to) {
    for (std::size_t i = 0; i < count; i += 4) {
        const std::uint64_t word = mix(state + (i / 4 + 1) * step);
        characters out(word, to + i);
        const auto kind = count - i < 4 ? 8 : word >> 61;
        if (kind == 8) {
            for (std::size_t j = i; j < count; ++j) out.one_byte();
        } else if (kind < 2) {
            for (int j = 0; j < 4; ++j) out.one_byte();
        } else if (kind < 4) {
            out.one_byte();
            out.two_bytes();
            out.one_byte();
        } else if (kind == 4) {
            out.two_bytes();
            out.two_bytes();
        } else if (kind < 7) {
            out.one_byte();
            out.three_bytes();
        } else {
            out.four_bytes();
        }
    }
}

}  // namespace

void generate(element_type type, std::uint64_t seed, std::uint64_t array, std::uint64_t first,
              std::size_t count, void* elements) noexcept {
    const std::uint64_t state = state_of(seed, array, first);
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

void generate(const array& of, std::uint64_t seed, std::uint64_t array, std::uint64_t first,
              std::size_t count, void* elements) noexcept {
    if (of.made_of.text) {
        fill_text(state_of(seed, array, first / 4), count, static_cast<std::uint8_t*>(elements));
        return;
    }
    generate(of.type, seed, array, first, count, elements);
    if (of.type != element_type::f32) return;
    const float middle = (of.made_of.least + of.made_of.below) / 2;
    const float half = (of.made_of.below - of.made_of.least) / 2;
    if (middle == 0 && half == 1) return;
    auto* values = static_cast<float*>(elements);
    for (std::size_t i = 0; i < count; ++i) values[i] = middle + values[i] * half;
}

}  // namespace lanewise::kernels
