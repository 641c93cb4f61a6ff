// What load is made of: requests that are ready to send, each with its weight and with what counts
// as a success. Flags give one of them, a workload file gives many; where they came from is not
// known here.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench {

struct header_field {
    std::string name;
    std::string value;
};

/// Statuses from the first to the last, both among them.
struct status_range {
    int first = 200;
    int last = 299;
};

/// One request as a client sends it. The generator adds Host, Content-Length, User-Agent and Accept
/// where the fields have none, and sends the rest as it is: whoever makes one has judged it.
struct prepared_request {
    std::string method = "GET";
    std::string target = "/";  ///< in origin form: the path with the query
    std::vector<header_field> fields;
    std::string body;
    double weight = 1;  ///< above 0; what counts is its share of all
    std::vector<status_range> success{status_range{}};  ///< a reply of another status is an error

    [[nodiscard]] bool succeeds(int status) const {
        return std::ranges::any_of(success, [status](const status_range& one) {
            return status >= one.first && status <= one.last;
        });
    }
};

/// At least one request.
struct request_mix {
    std::vector<prepared_request> requests;
};

/// "200-299, 404".
[[nodiscard]] std::string in_words(const std::vector<status_range>& statuses);

/// The request's bytes for a server of this authority; the last one of its connection says so.
[[nodiscard]] std::string wire_text(const prepared_request& request, std::string_view authority,
                                    bool last = false);

}  // namespace lanewise::bench
