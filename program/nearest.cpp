#include "nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace lanewise::program {
namespace {

/// Names come from a command line: longer ones are no misspelling of anything known.
constexpr std::size_t letters_max = 100;

std::size_t edits(std::string_view from, std::string_view to) {
    std::vector<std::vector<std::size_t>> least(from.size() + 1,
                                                std::vector<std::size_t>(to.size() + 1));
    for (std::size_t i = 0; i <= from.size(); ++i) {
        for (std::size_t k = 0; k <= to.size(); ++k) {
            if (i == 0 || k == 0) {
                least[i][k] = i + k;
                continue;
            }
            const std::size_t changed = from[i - 1] == to[k - 1] ? 0 : 1;
            least[i][k] =
                std::min({least[i - 1][k] + 1, least[i][k - 1] + 1, least[i - 1][k - 1] + changed});
            if (i > 1 && k > 1 && from[i - 1] == to[k - 2] && from[i - 2] == to[k - 1])
                least[i][k] = std::min(least[i][k], least[i - 2][k - 2] + 1);
        }
    }
    return least[from.size()][to.size()];
}

}  // namespace

std::string closest(std::string_view name, std::span<const std::string> known) {
    name = name.substr(0, letters_max);
    const auto found = std::ranges::min_element(known, {}, [&](const std::string& one) {
        return edits(name, std::string_view{one}.substr(0, letters_max));
    });
    return found == known.end() ? std::string{} : *found;
}

std::string nearest(std::string_view name, std::span<const std::string> known) {
    if (name.size() > letters_max) return {};
    auto found = closest(name, known);
    const bool near = edits(name, std::string_view{found}.substr(0, letters_max)) <=
                      std::max<std::size_t>(1, name.size() / 3);
    return near ? found : std::string{};
}

std::string known_names(std::string_view name, std::span<const std::string> known) {
    std::string text;
    if (const auto meant = nearest(name, known); !meant.empty())
        text += "; did you mean \"" + meant + "\"?";
    for (std::size_t i = 0; i < known.size(); ++i)
        text += (i > 0 ? ", " : text.empty() ? "; known are " : " Known are ") + known[i];
    return text;
}

}  // namespace lanewise::program
