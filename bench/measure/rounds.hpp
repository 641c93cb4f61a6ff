// The order of repetitions, whatever is measured: every case once a round, cases interleaved, and
// what was disturbed run again.
#pragma once

#include <span>
#include <string>

namespace lanewise::bench {

/// One case of a measurement: it keeps what its repetitions find.
class repeated_case {
public:
    virtual ~repeated_case() = default;

    /// Measures once more, and counts the repetition by repeated().
    virtual void repeat() = 0;
    [[nodiscard]] virtual std::string label() const = 0;  ///< for the progress line

    [[nodiscard]] int clean() const noexcept { return clean_; }  ///< undisturbed repetitions
    [[nodiscard]] int attempts() const noexcept { return attempts_; }
    [[nodiscard]] bool given_up() const noexcept { return given_up_; }
    void give_up() noexcept { given_up_ = true; }  ///< it is not measured again

protected:
    void repeated(bool disturbed) noexcept {
        ++attempts_;
        if (!disturbed) ++clean_;
    }

private:
    int clean_ = 0, attempts_ = 0;
    bool given_up_ = false;
};

struct rounds_plan {
    int repetitions;     ///< undisturbed ones that each case needs
    double budget;       ///< seconds in all, about: beyond, nothing is run again
    bool may_end_early;  ///< fewer rounds have to do where the budget is over before
    std::string what;    ///< for the progress line
};

/// Runs rounds until each case has its repetitions, the budget is over, or the user interrupts.
void run_rounds(std::span<repeated_case* const> cases, const rounds_plan& plan);

}  // namespace lanewise::bench
