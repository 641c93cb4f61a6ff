// What the readers of logs, HAR files and curl command lines hand over: requests, counted by what
// they are, and everything that was left out, by place and reason. Bounded in memory, whatever the
// size of the input: beyond a number of different requests a uniform sample of them all is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "request.hpp"
#include "workload_document.hpp"

namespace lanewise::bench::workloads {

struct gathering_options {
    bool keep_secrets = false;
    std::vector<std::string> origins;               ///< only these; empty: the only one there is
    std::size_t requests_max = 65'536;              ///< different ones
    std::size_t bytes_max = std::size_t{16} << 20;  ///< of them all together
};

class gathering {
public:
    explicit gathering(gathering_options options) : options_{std::move(options)} {}

    /// What follows comes from this file. unit: what is counted, "line", "entry" or "command".
    void begin(std::string name, std::string_view kind, std::string_view unit);
    /// The source has one more unit, which begins in this line; what follows is said of it.
    void next_unit(std::size_t line) { at_ = {++sources_.back().units, line}; }

    /// Not sent. The reason says what the unit is; of the input it holds no more than a name.
    void leave_out(std::string_view reason);
    /// Sent, but not quite as it was.
    void remark(std::string_view text);
    /// A method whose body the source lacks: sent without.
    void lacks_body(std::string_view method);
    /// A secret of this name is not taken over.
    void drop(std::string_view name);

    /// Takes a field over, unless its name or its value says that it must not be: fields of the
    /// connection, secrets, what a logger blanked, what can't be sent.
    void add_header(request& to, std::string_view name, std::string_view value);
    /// Takes secrets out of the query.
    void judge_target(std::string& target);

    /// origin: "https://host:port", only "host" where the scheme is not known, or empty.
    void count(request what, std::string_view origin, std::optional<int> status);

    [[nodiscard]] bool keeps_secrets() const noexcept { return options_.keep_secrets; }

    /// All of it; throws unusable where nothing can be sent, or where the user has to choose an
    /// origin. hosts_in_headers: several origins are one server's, told apart by Host.
    [[nodiscard]] document finish(bool hosts_in_headers);

private:
    struct key {
        request what;
        std::string origin;
        friend bool operator==(const key&, const key&) = default;
    };
    struct key_hash {
        std::size_t operator()(const key& one) const noexcept;
    };
    struct counted {
        std::uint64_t count = 0;
        std::size_t order = 0;  ///< of the first
        std::vector<std::pair<int, std::uint64_t>> statuses;
    };

    void add_to(std::vector<tally>& tallies, std::string_view reason) const;
    void thin();
    [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> origins() const;
    void choose_origins(document& made, bool hosts_in_headers);

    gathering_options options_;
    place at_;
    std::vector<source> sources_;
    std::map<std::string, std::uint64_t, std::less<>> lacking_bodies_, dropped_;
    std::unordered_map<key, counted, key_hash> requests_;
    std::size_t bytes_ = 0, order_ = 0;
    int halvings_ = 0;
    std::uint64_t offered_ = 0;
    std::mt19937_64 random_{1};
};

}  // namespace lanewise::bench::workloads
