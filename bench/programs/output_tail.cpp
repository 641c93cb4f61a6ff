#include "output_tail.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>

namespace lanewise::bench {

void output_tail::read_some() {
    constexpr int pieces_max = 16;
    std::array<char, 64 << 10> some{};
    for (int piece = 0; piece < pieces_max; ++piece) {
        const auto count = ::read(from_, some.data(), some.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        text_.append(some.data(), static_cast<std::size_t>(count));
        if (text_.size() > 2 * bytes_max) text_.erase(0, text_.size() - bytes_max);
    }
}

std::string output_tail::last(std::size_t bytes) const {
    return text_.size() <= bytes ? text_ : text_.substr(text_.size() - bytes);
}

}  // namespace lanewise::bench
