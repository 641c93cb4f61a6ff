// The table that calls go through, for the files of the library itself.
#pragma once

#include <atomic>

#include "kernels.hpp"
#include "table.hpp"

namespace lanewise::kernels {

/// The active variant. Hidden, so that a call through it costs one load in a shared library too.
[[gnu::visibility("hidden")]] extern constinit std::atomic<const isa_unit*> active_unit;

inline const table& active_table() noexcept {
    return active_unit.load(std::memory_order_relaxed)->functions;
}

const table& table_of(const variant& which) noexcept;

}  // namespace lanewise::kernels
