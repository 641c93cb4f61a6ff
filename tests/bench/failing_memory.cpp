// Preloaded, takes memory from a program at one moment: the allocation (malloc, which new calls)
// or the mapping with the number in LANEWISE_TEST_MALLOC_FAILS or LANEWISE_TEST_MMAP_FAILS fails,
// and with a + behind the number all that come after it too.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

extern "C" void* __libc_malloc(std::size_t);  // NOLINT(bugprone-reserved-identifier)

namespace {

/// Small allocations are many, and differ from run to run.
constexpr std::size_t counted_bytes_min = 512;

class failures {
public:
    constexpr explicit failures(const char* variable) : variable_{variable} {}
    bool next() noexcept {
        if (!read_) {
            read_ = true;
            if (const char* value = std::getenv(variable_)) {
                number_ = std::strtol(value, nullptr, 10);
                lasting_ = std::strchr(value, '+') != nullptr;
            }
        }
        if (number_ == 0) return false;
        const long seen = ++seen_;
        return lasting_ ? seen >= number_ : seen == number_;
    }

private:
    const char* variable_;
    bool read_ = false;
    bool lasting_ = false;
    long number_ = 0;
    std::atomic<long> seen_{0};
};

constinit failures of_malloc{"LANEWISE_TEST_MALLOC_FAILS"};
constinit failures of_mmap{"LANEWISE_TEST_MMAP_FAILS"};

}  // namespace

extern "C" void* malloc(std::size_t bytes) noexcept {
    if (bytes >= counted_bytes_min && of_malloc.next()) {
        errno = ENOMEM;
        return nullptr;
    }
    return __libc_malloc(bytes);
}

extern "C" void* mmap(void* where, std::size_t bytes, int protection, int flags, int file,
                      off_t offset) noexcept {
    if ((flags & MAP_NORESERVE) != 0 && of_mmap.next()) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the system call gives an address as a number
    return reinterpret_cast<void*>(
        syscall(SYS_mmap, where, bytes, protection, flags, file, offset));
}
