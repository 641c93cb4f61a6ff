// A command of curl by its options: what it would send, before it becomes requests.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gathering.hpp"
#include "multipart.hpp"
#include "request.hpp"
#include "shell_words.hpp"

namespace lanewise::bench::workloads {

/// The options that belong together: all of a command, or those up to --next.
struct curl_group {
    std::vector<std::string> urls, uploads;
    std::string method, data, request_target, proto_default = "http";
    std::vector<std::string> query;  ///< of --url-query, encoded
    bool has_data = false, is_json = false, head = false, get = false;
    bool globs = true, path_as_is = false, compressed = false;
    std::vector<form_part> form;
    std::vector<header> headers;       ///< an empty name: none
    std::vector<std::string> removed;  ///< lower case: "X:" takes away what curl would send
    std::optional<std::string> user_agent, referer, range, user, bearer;
    std::string cookies;
    bool other_authentication = false, any = false;
};

/// The words behind "curl"; throws refused. Secrets that are dropped and what is worth a remark are
/// told to `to`.
[[nodiscard]] std::vector<curl_group> read_curl_options(const std::vector<shell_word>& words,
                                                        gathering& to);

/// Counts what the groups of one command send, all of it or, where it throws refused, nothing.
void count_requests_of(const std::vector<curl_group>& groups, gathering& to);

/// As curl_easy_escape encodes; a blank is + where `plus` says so.
[[nodiscard]] std::string percent_encoded(std::string_view text, bool plus);

}  // namespace lanewise::bench::workloads
