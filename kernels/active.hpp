// The table that calls go through, for the files of the library itself.
#pragma once

#include "kernels.hpp"
#include "table.hpp"

namespace lanewise::kernels {

const table& active_table() noexcept;
const table& table_of(const variant& which) noexcept;

}  // namespace lanewise::kernels
