// A request as a workload holds it: what is sent, how often, and which replies count as a success.
#pragma once

#include <compare>
#include <string>
#include <vector>

namespace lanewise::bench::workloads {

struct header {
    std::string name, value;
    friend auto operator<=>(const header&, const header&) = default;
};

/// Statuses from the first to the last, both included.
struct status_range {
    int first, last;
    friend auto operator<=>(const status_range&, const status_range&) = default;
};

struct request {
    std::string method = "GET";
    std::string path = "/";  ///< with the query, as it stands in the request line
    std::vector<header> headers;
    bool has_body = false;  ///< an empty body is not the same as none
    std::string body;       ///< exact bytes
    std::string body_file;  ///< where the document names a file instead
    friend auto operator<=>(const request&, const request&) = default;
};

struct weighted_request {
    request what;
    double weight = 1;
    std::vector<status_range> success{{200, 299}};
};

}  // namespace lanewise::bench::workloads
