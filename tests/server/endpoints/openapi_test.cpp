// /openapi.json describes what the server does: the example of each operation is sent, and answered
// as described.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <set>
#include <string>

#include "server/endpoints/openapi.hpp"
#include "tests/server/http_peer.hpp"

using namespace lanewise;
using namespace lanewise::server;

namespace {

namespace json = boost::json;

// "?n=2&seed=1", from the examples of an operation's parameters that are its own.
std::string query_of(const json::object& operation) {
    std::string query;
    for (const auto& one : operation.at("parameters").as_array()) {
        const auto& parameter = one.as_object();
        if (parameter.contains("$ref")) continue;
        query += query.empty() ? "?" : "&";
        query += parameter.at("name").as_string().c_str();
        query += "=" + json::serialize(parameter.at("example"));
    }
    return query;
}

void check_answer(const json::object& operation, const received_reply& reply) {
    CHECK_MESSAGE(reply.status == 200, reply.body);
    const auto type = reply.fields.at("content-type");
    const auto& content = operation.at("responses").at("200").at("content").as_object();
    CHECK_MESSAGE(content.contains(type.substr(0, type.find(';'))), type);
}

// What is JSON is an object, all else is text.
void check_plain_types(const json::object& operation) {
    for (const auto& [type, content] :
         operation.at("responses").at("200").at("content").as_object()) {
        const auto& described = content.at("schema").at("type").as_string();
        CHECK(described == (type == "application/json" ? "object" : "string"));
    }
}

// A schema names each member of the object, and no other, as one that has to be there.
void check_names(const json::object& content, const json::object& object) {
    const auto& schema = content.at("application/json").at("schema").as_object();
    const auto& required = schema.at("required").as_array();
    CHECK(schema.at("properties").as_object().size() == object.size());
    CHECK(required.size() == object.size());
    for (const auto& [name, value] : object) {
        CHECK_MESSAGE(schema.at("properties").as_object().contains(name), std::string{name});
        const auto is_it = [&name](const json::value& one) { return one.as_string() == name; };
        CHECK_MESSAGE(std::ranges::count_if(required, is_it) == 1, std::string{name});
    }
}

}  // namespace

TEST_CASE("the example of each described operation is answered as it is described") {
    running_server server;
    peer client(server.port());
    const auto reply = client.ask(get("/openapi.json"));
    CHECK(reply.fields.at("content-type") == "application/json");
    const auto description = json::parse(reply.body).as_object();
    CHECK(description.at("openapi") == "3.1.0");
    // Relative: behind a prefix the description still leads to its own server.
    CHECK(description.at("servers").at(0).at("url") == ".");
    int operations = 0;
    std::set<std::string> names;
    for (const auto& [path, methods] : description.at("paths").as_object()) {
        for (const auto& [method, described] : methods.as_object()) {
            const auto& operation = described.as_object();
            const auto target = std::string{path} + query_of(operation);
            INFO(target);
            const auto id = std::string{operation.at("operationId").as_string()};
            CHECK(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == id.npos);
            CHECK(names.insert(id).second);  // what a generated client calls it
            const bool of_kernel = path.starts_with("/v1/kernels/");
            const bool made = operation.at("summary").as_string().ends_with("made from a seed");
            CHECK(made == (of_kernel && method == "get"));
            if (method == "get") {
                check_answer(operation, client.ask(get(target)));
                if (!of_kernel) check_plain_types(operation);
            } else {
                REQUIRE(method == "post");
                const auto& content = operation.at("requestBody").at("content").as_object();
                const auto& inputs = content.at("application/json").at("example").as_object();
                const auto* const kernel =
                    kernels::find_kernel(std::string_view{path}.substr(path.rfind('/') + 1));
                REQUIRE(kernel != nullptr);
                for (const auto& array : kernel->inputs) {
                    if (array.dimensions.empty()) continue;
                    const auto& range = array.made_of;
                    const bool bounded = range != kernels::generation{} && !range.text;
                    for (const auto& one : inputs.at(array.name).as_array()) {
                        const auto number = one.to_number<double>();
                        CHECK_MESSAGE(number != 0, array.name);  // it would not show what is done
                        if (!bounded) continue;
                        CHECK_MESSAGE(number > double{range.least}, array.name);
                        CHECK_MESSAGE(number < double{range.below}, array.name);
                    }
                }
                const auto example = json::serialize(inputs);
                const auto answer = client.ask(post(target, "application/json", example));
                check_answer(operation, answer);
                check_names(content, inputs);
                check_names(operation.at("responses").at("200").at("content").as_object(),
                            json::parse(answer.body).as_object());
                // An example is in the kernel's domain: prices above 0, rates that there are.
                CHECK_MESSAGE(answer.body.find("NaN") == std::string::npos, answer.body);
            }
            ++operations;
        }
    }
    CHECK(operations == static_cast<int>(7 + 2 * kernels::catalogue().size()));
}

TEST_CASE("whole numbers are described by the range of their type, sizes by that of the kernel") {
    const auto description = json::parse(openapi_json(test_settings()));
    const auto& paths = description.at("paths").as_object();
    const auto operation = [&](std::string_view kernel, const char* method) -> const json::value& {
        return paths.at(std::string{"/v1/kernels/"}.append(kernel)).at(method);
    };
    const auto range = [&](const char* kernel, const char* input) {
        const auto& items = operation(kernel, "post")
                                .at("requestBody")
                                .at("content")
                                .at("application/json")
                                .at("schema")
                                .at("properties")
                                .at(input)
                                .at("items");
        return std::pair{items.at("minimum").to_number<int>(),
                         items.at("maximum").to_number<int>()};
    };
    CHECK(range("gemm_i8", "a") == std::pair{-128, 127});
    CHECK(range("histogram_u8", "x") == std::pair{0, 255});
    for (const auto& kernel : kernels::catalogue()) {
        for (const bool generated : {false, true}) {
            const auto& parameters =
                operation(kernel.name, generated ? "get" : "post").at("parameters").as_array();
            std::size_t at = 0;
            for (const auto& one : kernel.parameters) {
                const auto& described = parameters.at(at++);
                CHECK(described.at("name").as_string() == one.name.data());
                CHECK(described.at("schema").at("minimum").to_number<std::uint64_t>() ==
                      one.minimum);
                // A body tells its size, and what has a default needs none.
                CHECK(described.at("required").as_bool() == (generated && !one.otherwise));
            }
            const auto rest = json::serialize(parameters);
            CHECK((rest.find(R"("threads")") != rest.npos) == (kernel.rows != nullptr));
        }
    }
}

TEST_CASE("the description has an entity tag, and is not sent again to whom it has reached") {
    running_server server;
    peer client(server.port());
    const auto tag = client.ask(get("/openapi.json")).fields.at("etag");
    const auto again = client.ask(get("/openapi.json", "If-None-Match: " + tag + "\r\n"), false);
    CHECK(again.status == 304);
    CHECK(again.fields.at("etag") == tag);
    CHECK(client.ask(get("/openapi.json", "If-None-Match: \"other\"\r\n")).status == 200);
}

TEST_CASE("a bearer token is described where it is asked for, and only there") {
    auto settings = test_settings();
    CHECK(openapi_json(settings).find("securitySchemes") == std::string::npos);
    settings.token_file = "token";
    CHECK(openapi_json(settings).find("securitySchemes") != std::string::npos);
}
