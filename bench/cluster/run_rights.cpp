#include "run_rights.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <utility>

#include "fields.hpp"

namespace lanewise::bench::cluster {

namespace json = boost::json;

std::string needed_right::text() const {
    return verb + " " + resource + (group.empty() ? "" : "." + group) +
           (subresource.empty() ? "" : "/" + subresource);
}

std::vector<needed_right> missing_rights(const kubectl& cluster, const std::string& name_space,
                                         const std::vector<needed_right>& rights) {
    json::array reviews;
    for (const auto& right : rights) {
        json::object what;
        what["verb"] = right.verb;
        what["resource"] = right.resource;
        if (!right.group.empty()) what["group"] = right.group;
        if (!right.subresource.empty()) what["subresource"] = right.subresource;
        if (right.in_name_space) what["namespace"] = name_space;
        reviews.push_back(
            json::object{{"apiVersion", "authorization.k8s.io/v1"},
                         {"kind", "SelfSubjectAccessReview"},
                         {"spec", json::object{{"resourceAttributes", std::move(what)}}}});
    }
    std::vector<json::value> answers;
    try {
        answers = cluster.create(
            json::object{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(reviews)}});
    } catch (const kubectl_failure&) {
        return {};  // each call says for itself what it lacks
    }
    std::vector<json::value> each;
    for (auto& answer : answers) {
        const auto& items = list_of(answer, {"items"});
        if (items.empty()) {
            each.push_back(std::move(answer));
        } else {
            each.insert(each.end(), items.begin(), items.end());
        }
    }
    if (each.size() != rights.size()) return {};
    std::vector<needed_right> missing;
    for (std::size_t i = 0; i < rights.size(); ++i) {
        const auto* allowed = field(each[i], {"status", "allowed"});
        if (allowed && *allowed == json::value(false)) missing.push_back(rights[i]);
    }
    return missing;
}

}  // namespace lanewise::bench::cluster
