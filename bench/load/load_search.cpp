#include "load_search.hpp"

#include <algorithm>
#include <cmath>

namespace lanewise::bench {

std::optional<double> load_search::next() const {
    return over_ ? std::nullopt : std::optional{rate_};
}

void load_search::report(bool held) {
    if (!held && !failed_once_) {
        failed_once_ = true;  // the same rate once more
        return;
    }
    failed_once_ = false;
    (held ? low_ : high_) = rate_;
    choose();
}

void load_search::choose() {
    if (low_ && high_) {
        over_ = *high_ / *low_ < 1 + options_.precision;
        rate_ = std::sqrt(*low_ * *high_);
    } else if (low_) {
        over_ = *low_ >= options_.rate_max;
        rate_ = std::min(*low_ * 2, options_.rate_max);
    } else if (high_) {
        over_ = *high_ <= options_.rate_min;
        rate_ = std::max(*high_ / 2, options_.rate_min);
    }
}

}  // namespace lanewise::bench
