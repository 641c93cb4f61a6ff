// Which hardware thread a run is kept on.
#pragma once

#include "kernels/machine/machine.hpp"

namespace lanewise::bench {

/// The hardware thread that single-threaded runs are pinned to: of the last core, because the first
/// serves interrupts.
[[nodiscard]] int quiet_thread(const machine::facts& facts);

/// Pins the calling thread; false where the system does not let it.
bool pin_to(int cpu);

}  // namespace lanewise::bench
