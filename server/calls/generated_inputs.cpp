#include "generated_inputs.hpp"

#include <algorithm>

#include "kernels/generate.hpp"
#include "wire.hpp"

namespace lanewise::server {

std::list<generated_inputs::entry>::const_iterator generated_inputs::find(
    const kernels::kernel& kernel, std::span<const std::uint64_t> parameters,
    std::uint64_t seed) const {
    return std::find_if(entries_.begin(), entries_.end(), [&](const entry& one) {
        return one.kernel == &kernel && one.seed == seed &&
               std::ranges::equal(one.parameters, parameters);
    });
}

bool generated_inputs::holds(const kernels::kernel& kernel,
                             std::span<const std::uint64_t> parameters, std::uint64_t seed) const {
    const std::lock_guard lock(mutex_);
    return find(kernel, parameters, seed) != entries_.end();
}

outcome<std::shared_ptr<const input_arrays>> generated_inputs::get(
    const kernels::kernel& kernel, std::span<const std::uint64_t> parameters, std::uint64_t seed) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = find(kernel, parameters, seed); found != entries_.end()) {
            entries_.splice(entries_.begin(), entries_, found);
            return found->inputs;
        }
    }

    // Made without the lock: two that ask for the same at once make it twice, and nobody waits.
    const auto layout = wire::lay_out(kernel.inputs, parameters);
    auto memory = pool_.take(layout.bytes);
    if (!memory) return memory.error();
    auto made = std::make_shared<input_arrays>();
    for (std::size_t i = 0; i < kernel.inputs.size(); ++i) {
        void* array = memory->data() + layout.arrays[i].offset;
        kernels::generate(kernel.inputs[i], seed, i, 0, layout.arrays[i].elements, array);
        made->arrays.push_back(array);
    }
    made->memory = std::move(*memory);

    if (layout.bytes <= bytes_max_) {
        const std::lock_guard lock(mutex_);
        if (find(kernel, parameters, seed) == entries_.end()) {
            entries_.push_front({&kernel, {parameters.begin(), parameters.end()}, seed, made});
            bytes_ += layout.bytes;
        }
    }
    while (true) {
        {
            const std::lock_guard lock(mutex_);
            if (bytes_ <= bytes_max_ && entries_.size() <= entries_max) break;
        }
        forget_one();
    }
    return std::shared_ptr<const input_arrays>(std::move(made));
}

bool generated_inputs::forget_one() {
    std::shared_ptr<const input_arrays>
        last;  // freed after the lock: giving back takes the pool's own
    const std::lock_guard lock(mutex_);
    if (entries_.empty()) return false;
    last = std::move(entries_.back().inputs);
    bytes_ -= last->memory.size();
    entries_.pop_back();
    return true;
}

}  // namespace lanewise::server
