#include "split_run.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <new>

namespace lanewise::server {
namespace {

// Outlives the call: a helper that comes late finds no part left, and looks at nothing else.
struct shared_work {
    const kernels::kernel& kernel;
    const kernels::arguments& call;
    const std::size_t parts;
    const std::size_t scratch_bytes;

    std::mutex mutex;
    std::condition_variable done;
    std::size_t next = 0;
    std::size_t running = 0;

    void take_parts() {
        std::unique_lock lock(mutex);
        while (next < parts) {
            const std::size_t index = next++;
            ++running;
            lock.unlock();
            auto mine = call;
            if (mine.scratch != nullptr)
                mine.scratch = static_cast<std::byte*>(mine.scratch) + index * scratch_bytes;
            kernels::run(kernel, mine, {.index = index, .count = parts});
            lock.lock();
            --running;
        }
        if (running == 0) done.notify_all();
    }
};

}  // namespace

void split_run(const kernels::kernel& kernel, const kernels::arguments& call, std::size_t parts,
               std::size_t scratch_bytes, compute_pool& pool) {
    const auto work = std::shared_ptr<shared_work>(new shared_work{.kernel = kernel,
                                                                   .call = call,
                                                                   .parts = parts,
                                                                   .scratch_bytes = scratch_bytes,
                                                                   .mutex = {},
                                                                   .done = {}});
    try {
        for (std::size_t i = 1; i < parts; ++i) {
            if (!pool.offer([work] { work->take_parts(); })) break;
        }
    } catch (const std::bad_alloc&) {
        // Fewer helpers: those that have begun use this call's memory, and are waited for below.
    }
    work->take_parts();
    std::unique_lock lock(work->mutex);
    work->done.wait(lock, [&] { return work->running == 0; });
}

}  // namespace lanewise::server
