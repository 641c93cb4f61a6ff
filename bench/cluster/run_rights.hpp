// The rights that a run takes, asked for before anything is made.
#pragma once

#include <string>
#include <vector>

#include "kubectl.hpp"

namespace lanewise::bench::cluster {

struct needed_right {
    std::string verb, group, resource, subresource;
    bool in_name_space = true;

    [[nodiscard]] std::string text() const;  ///< "get pods/log"
};

/// Those that whoever runs this does not have; none where the API server does not say.
[[nodiscard]] std::vector<needed_right> missing_rights(const kubectl& cluster,
                                                       const std::string& name_space,
                                                       const std::vector<needed_right>& rights);

}  // namespace lanewise::bench::cluster
