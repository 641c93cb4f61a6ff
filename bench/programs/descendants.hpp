// Processes that stem from this one, however far: whoever started them is gone, perhaps.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

namespace lanewise::bench {

/// From here on a process whose parent ends becomes a child of this process, or of the nearest
/// ancestor that adopts, instead of the system's first.
void adopt_orphans() noexcept;

/// Those that run: a process that ended and was not waited for is none.
[[nodiscard]] std::vector<pid_t> running_descendants();

/// Ends them all by SIGKILL, those too that are started meanwhile; gives up after five seconds,
/// as with one that waits for a broken disk. Returns whether all are gone.
bool end_descendants();

/// Held while a process is being started.
class start_permit {
public:
    start_permit() noexcept;
    ~start_permit();
    start_permit(const start_permit&) = delete;
    start_permit& operator=(const start_permit&) = delete;
    /// False once everything is to end: then nothing may be started.
    [[nodiscard]] bool granted() const noexcept;
};

/// From here on no permit is granted; returns once no process is being started any more.
void forbid_starts() noexcept;

/// Waits for children of the calling thread that have ended: the orphans, where that is the main
/// thread and it starts none itself.
struct orphans {
    std::size_t count = 0;
    double cpu_seconds = 0;
};
orphans reap_orphans() noexcept;

}  // namespace lanewise::bench
