// A request that can't be answered as asked: a value, which
// endpoints/problem_reply.cpp turns into HTTP.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <utility>

namespace lanewise::server {

struct problem {
    problem() = default;  // as boost::system::result asks
    problem(int of_http, std::string what, std::string where = {}, std::string further_fields = {})
        : status(of_http),
          detail(std::move(what)),
          pointer(std::move(where)),
          fields(std::move(further_fields)) {}

    int status = 500;     // of HTTP
    std::string detail;   // what was wrong with which value, and what would be right
    std::string pointer;  // JSON pointer (RFC 6901) or name of the parameter at fault; may be empty
    std::string fields;   // further lines of the reply's head, such as Allow, each ended by CR LF
};

template <class T>
using outcome = boost::system::result<T, problem>;

}  // namespace lanewise::server
