#include "kernel_values.hpp"

#include <sstream>

#include "kernels/generate.hpp"

void fill(std::span<float> out, values kind, std::uint64_t seed) {
    static const float specials[] = {0.0F,
                                     -0.0F,
                                     1.0F,
                                     -1.0F,
                                     infinity,
                                     -infinity,
                                     from_bits(0x7fc00000),
                                     from_bits(0xffc12345),  // a negative NaN with a payload
                                     from_bits(0x7f812345),  // a signalling NaN
                                     from_bits(0x00000001),
                                     from_bits(0x807fffff),
                                     from_bits(0x00800000),
                                     from_bits(0x7f7fffff),
                                     from_bits(0xff7fffff),
                                     88.72283F,
                                     -87.33654F,
                                     -103.97208F,
                                     -103.97209F};
    std::vector<std::uint32_t> words(out.size());
    kernels::generate(kernels::element_type::u32, seed, 7, 0, words.size(), words.data());
    kernels::generate(kernels::element_type::f32, seed, 0, 0, out.size(), out.data());
    for (std::size_t i = 0; i < out.size(); ++i) {
        switch (kind) {
            case values::uniform:
                break;
            case values::any_bits:
                out[i] = from_bits(words[i]);
                break;
            case values::special:
                out[i] = specials[words[i] % std::size(specials)];
                break;
            case values::huge:
                out[i] *= 3e38F;
                break;
            case values::tiny:
                out[i] *= 1e-38F;
                break;
            // Mostly ordinary, so that a single special value meets every position of a register.
            case values::mixed:
                out[i] = words[i] % 37 == 0 ? specials[words[i] / 37 % std::size(specials)]
                                            : out[i] * 100;
        }
    }
}

std::string describe(std::size_t count, std::size_t offset, values kind, guard side) {
    std::ostringstream out;
    out << "count " << count << ", offset " << offset << ", values " << static_cast<int>(kind)
        << ", guard " << (side == guard::before ? "before" : "after");
    return out.str();
}
