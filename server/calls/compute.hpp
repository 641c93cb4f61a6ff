// The bounded pool of threads that runs kernels too long for an I/O thread, so that health answers
// while they run.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lanewise::server {

class compute_pool {
public:
    using job = std::function<void()>;

    compute_pool(std::size_t threads, std::size_t queue_depth_max);
    ~compute_pool() { stop(); }  // finishes what is queued

    /// Queues a job; false if the queue is full or the pool is stopping.
    [[nodiscard]] bool submit(job work);

    /// The same only where a thread is idle: for help that nobody waits for in a queue.
    [[nodiscard]] bool offer(job work);

    /// Lets every queued job end, then joins.
    void stop();

    [[nodiscard]] std::size_t queue_depth() const;

private:
    void work();

    const std::size_t queue_depth_max_;
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<job> queue_;
    std::size_t running_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace lanewise::server
