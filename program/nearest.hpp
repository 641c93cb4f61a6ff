// What somebody may have meant by a name that is not known.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace lanewise::program {

/// The known name that the fewest single letters (added, left out, changed or swapped) make of this
/// one, however many; of a name of more than 100 letters, by the first 100. Empty if none is known.
[[nodiscard]] std::string closest(std::string_view name, std::span<const std::string> known);

/// The known name that the fewest single letters (added, left out, changed or swapped) make of this
/// one, if they are at most a third of it; else empty.
[[nodiscard]] std::string nearest(std::string_view name, std::span<const std::string> known);

/// "; did you mean "run"? Known are run, http" for a message about a name that is not known.
[[nodiscard]] std::string known_names(std::string_view name, std::span<const std::string> known);

}  // namespace lanewise::program
