// The options of the program curl, as far as a reader of its command lines has to know them: which
// take a value, and which say something about the request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lanewise::bench::workloads {

enum class curl_option : std::uint8_t {
    not_of_the_request,  ///< where the reply goes, how the connection is made, what is shown
    url,
    request,
    head,
    get,
    data,
    data_binary,
    data_raw,
    data_urlencode,
    json,
    form,
    form_string,
    upload_file,
    header,
    user_agent,
    referer,
    cookie,
    user,
    oauth2_bearer,
    basic,
    other_authentication,
    url_query,
    globoff,
    compressed,
    range,
    request_target,
    path_as_is,
    location,
    next,
    proto_default,
    unsupported,  ///< it changes the request in a way that is not taken over
};

struct curl_option_use {
    curl_option meaning;
    bool has_value;
    std::string name;  ///< in its long form, with dashes
    bool negated = false;
};

/// "--data", an abbreviation that only one option has, or "--no-location".
[[nodiscard]] std::optional<curl_option_use> find_long_option(std::string_view name);
[[nodiscard]] std::optional<curl_option_use> find_short_option(char letter);

}  // namespace lanewise::bench::workloads
