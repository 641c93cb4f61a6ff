#include "compute.hpp"

#include <sys/resource.h>
#include <unistd.h>

namespace lanewise::server {
namespace {

// Kernels give way to the I/O threads that share their CPUs: a health check should not wait for a
// time slice.
constexpr int compute_niceness = 5;

}  // namespace

compute_pool::compute_pool(std::size_t threads, std::size_t queue_depth_max)
    : queue_depth_max_(queue_depth_max) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

bool compute_pool::submit(job work) {
    {
        const std::lock_guard lock(mutex_);
        // A job that an idle thread takes at once does not wait: only those that wait count.
        const bool idle = running_ + queue_.size() < threads_.size();
        if (stopping_ || (!idle && queue_.size() >= queue_depth_max_)) return false;
        queue_.push_back(std::move(work));
    }
    ready_.notify_one();
    return true;
}

bool compute_pool::offer(job work) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || running_ + queue_.size() >= threads_.size()) return false;
        queue_.push_back(std::move(work));
    }
    ready_.notify_one();
    return true;
}

void compute_pool::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    ready_.notify_all();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

std::size_t compute_pool::queue_depth() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

void compute_pool::work() {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), compute_niceness);
    std::unique_lock lock(mutex_);
    for (;;) {
        ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        auto next = std::move(queue_.front());
        queue_.pop_front();
        ++running_;
        lock.unlock();
        next();
        next = nullptr;
        lock.lock();
        --running_;
    }
}

}  // namespace lanewise::server
