#include "registry.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "bench/documents/sha256.hpp"
#include "fields.hpp"
#include "web_challenges.hpp"
#include "web_client.hpp"

namespace lanewise::bench::cluster {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t requests_max = 24;           // for one image from one endpoint, tokens apart
constexpr std::size_t token_bytes_max = 32 << 10;  // servers take heads of 8 to 64 KiB
constexpr std::size_t message_bytes_max = 200;     // of a registry's own words

/// Why an endpoint gave no answer.
struct no_answer {
    std::string why;
    bool denied = false;
};

std::string status_text(const web_reply& reply) {
    auto text = std::to_string(reply.status);
    if (const auto read = parsed(reply.body)) {
        const auto& errors = list_of(*read, {"errors"});
        if (!errors.empty()) {
            auto message = text_of(errors.front(), {"message"});
            if (message.empty()) message = text_of(errors.front(), {"code"});
            if (!message.empty()) text += " (" + message.substr(0, message_bytes_max) + ")";
        }
    }
    return text;
}

/// One image asked of one endpoint as one account.
class conversation {
public:
    conversation(std::string base, const pull_source& source, const registry_account& who,
                 web_client& web)
        : base_{std::move(base)}, source_{source}, who_{who}, web_{web} {
        if (is_visible(who_.registry_token)) authorization_ = "Bearer " + who_.registry_token;
    }

    [[nodiscard]] std::vector<image_platform> platforms() {
        std::set<image_platform> found;
        read(source_.version, found, 0);
        return {found.begin(), found.end()};
    }

private:
    // An index may hold indexes (OCI image spec); two levels are more than any builder makes.
    static constexpr int depth_max = 2;

    void read(const std::string& version, std::set<image_platform>& found, int depth) {
        const auto reply = get("/manifests/" + version, manifest_types());
        check(version, reply.body);
        const auto content = read_manifest(reply.type, reply.body);
        if (!content.problem.empty()) throw no_answer{content.problem};
        found.insert(content.platforms.begin(), content.platforms.end());
        for (const auto& digest : content.manifests) {
            if (depth == depth_max) throw no_answer{"indexes within indexes without an end"};
            read(digest, found, depth + 1);
        }
        if (content.config.empty()) return;
        const auto blob = get("/blobs/" + content.config, "*/*");
        check(content.config, blob.body);
        const auto one = read_image_config(blob.body);
        if (one.architecture.empty())
            throw no_answer{"it is no container image: its configuration names no architecture"};
        found.insert(one);
    }

    /// What is asked for by its digest has it.
    static void check(const std::string& version, const std::string& body) {
        constexpr std::string_view algorithm = "sha256:";
        if (version.starts_with(algorithm) &&
            version.substr(algorithm.size()) != sha256_hex(body)) {
            throw no_answer{"what came is not what " + version.substr(0, 19) + "... names"};
        }
    }

    web_reply get(const std::string& path, const std::string& accept) {
        if (++requests_ > requests_max)
            throw no_answer{"more than " + std::to_string(requests_max) + " requests are needed"};
        const auto url = base_ + source_.repository + path + source_.query;
        auto reply = web_.ask({url, accept, authorization_, {}, source_.fields});
        if (reply.status == 401 && authorize(reply.challenges))
            reply = web_.ask({url, accept, authorization_, {}, source_.fields});
        if (reply.status == 200) return reply;
        const bool denied = reply.status == 401 || reply.status == 403;
        if (denied)
            throw no_answer{"the registry wants another account: " + status_text(reply), true};
        // Registries say so of what an account may not see, too.
        if (reply.status == 404) throw no_answer{"the registry has no such image: 404", true};
        throw no_answer{"the registry answers " + status_text(reply)};
    }

    bool authorize(const std::vector<std::string>& fields) {
        std::vector<web_challenge> all;
        for (const auto& text : fields)
            for (auto& one : parse_challenges(text)) all.push_back(std::move(one));
        for (const auto& one : all) {
            if (one.scheme != "bearer" || one.parameter("realm").empty()) continue;
            authorization_ = "Bearer " + token(one);
            return true;
        }
        const bool basic =
            std::ranges::any_of(all, [](const auto& one) { return one.scheme == "basic"; });
        if (!basic || who_.user.empty()) return false;
        authorization_ = basic_credentials();
        return true;
    }

    [[nodiscard]] std::string basic_credentials() const {
        return "Basic " + base64_of(who_.user + ":" + who_.password);
    }

    std::string token(const web_challenge& challenge) {
        const auto realm = challenge.parameter("realm");
        // An account that goes to a token service by plain HTTP would be everybody's.
        if (base_.starts_with("https:") && !realm.starts_with("https:"))
            throw no_answer{"its token service is not https"};
        auto scope = challenge.parameter("scope");
        if (scope.empty()) scope = "repository:" + source_.repository + ":pull";
        const auto service = challenge.parameter("service");
        web_request request;
        request.url = realm;
        request.accept = "application/json";
        if (who_.identity_token.empty()) {
            std::string query;
            if (!service.empty()) query = "service=" + percent_encoded(service) + "&";
            // Several scopes in one field are parted by blanks, each a parameter of its own.
            for (std::string_view rest{scope}; !rest.empty();) {
                const auto end = std::min(rest.find(' '), rest.size());
                if (end > 0) query += "scope=" + percent_encoded(rest.substr(0, end)) + "&";
                rest.remove_prefix(std::min(end + 1, rest.size()));
            }
            query.pop_back();
            request.url += (realm.find('?') == std::string::npos ? "?" : "&") + query;
            if (!who_.user.empty()) request.authorization = basic_credentials();
        } else {
            request.form = "grant_type=refresh_token&client_id=lanewise-bench&service=" +
                           percent_encoded(service) + "&scope=" + percent_encoded(scope) +
                           "&refresh_token=" + percent_encoded(who_.identity_token);
        }
        web_reply reply;
        try {
            reply = web_.ask(std::move(request));
        } catch (const web_failure& failure) {
            throw no_answer{std::string{"its token service: "} + failure.what()};
        }
        if (reply.status != 200) {
            const bool denied = reply.status == 400 || reply.status == 401 || reply.status == 403;
            throw no_answer{"its token service answers " + status_text(reply), denied};
        }
        const auto read = parsed(reply.body);
        std::string found = read ? text_of(*read, {"token"}) : "";
        if (found.empty() && read) found = text_of(*read, {"access_token"});
        if (!is_visible(found) || found.size() > token_bytes_max)
            throw no_answer{"its token service gives no token that a header field can hold"};
        return found;
    }

    std::string base_;
    const pull_source& source_;
    const registry_account& who_;
    web_client& web_;
    std::string authorization_;
    std::size_t requests_ = 0;
};

web_client client_of(const pull_source& source, const registry_options& options) {
    auto tls = options.tls;
    if (!source.verify) tls.verify = false;
    tls.more_ca_files = source.ca_files;
    tls.certificate = source.certificate;
    tls.key = source.key;
    auto proxies = proxy_settings::of_environment();
    if (!source.proxy.empty()) proxies = {source.proxy, source.proxy, {}};
    return {std::move(tls),
            clock::now() + std::chrono::duration_cast<clock::duration>(options.patience),
            std::move(proxies)};
}

image_answer ask_source(const pull_source& source, const registry_accounts& accounts,
                        bool anonymously, const registry_options& options) {
    if (!source.problem.empty()) return {std::nullopt, source.problem, false, {}};
    auto candidates = accounts.find(source.registry, source.repository);
    if (anonymously) candidates.emplace_back();
    if (candidates.empty()) return {std::nullopt, "no account fits", true, {}};
    auto web = client_of(source, options);
    image_answer answer;
    std::string before;  // what went wrong at the last base
    for (const auto& base : source.bases) {
        answer = {};
        answer.asked = base + source.repository + "/manifests/" + source.version + source.query;
        bool reached = false;
        for (const auto& who : candidates) {
            try {
                answer.platforms = conversation{base, source, who, web}.platforms();
                answer.unknown.clear();
                return answer;
            } catch (const no_answer& none) {
                reached = true;
                // The first account's failure is told: it is the one that was meant for this.
                if (answer.unknown.empty()) answer.unknown = none.why;
                answer.denied = none.denied;
                if (!none.denied) break;
            } catch (const web_failure& failure) {
                // What plain HTTP met tells more, then.
                if (!failure.plain || before.empty()) before = failure.what();
                answer.unknown = before;
                break;
            } catch (const std::exception& error) {
                // Such as credentials that no field can hold: no reason to end for other images.
                answer.unknown = error.what();
                break;
            }
        }
        // A TLS server answers plain HTTP with 400, if at all.
        const bool other_protocol =
            base.starts_with("http:") &&
            answer.unknown.find("registry answers 400") != std::string::npos;
        if (reached && !other_protocol) break;
    }
    return answer;
}

}  // namespace

image_answer ask_registry(const image_reference& image, const registry_accounts& accounts,
                          bool anonymously, const registry_options& options) {
    std::string before;
    image_answer last;
    bool denied = false;
    for (const auto& source : options.mirrors.sources(image, options.plain_http)) {
        last = ask_source(source, accounts, anonymously, options);
        if (last.platforms) return last;
        denied = denied || last.denied;
        before += (before.empty() ? "" : "; ") + source.name + ": " + last.unknown;
    }
    last.unknown = before;
    last.denied = denied;
    return last;
}

}  // namespace lanewise::bench::cluster
