// The same tables that answer requests, as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0).
#include "openapi.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <limits>

#include "build_info.hpp"
#include "kernels/catalogue.hpp"
#include "routes.hpp"
#include "server/http/syntax.hpp"

namespace lanewise::server {
namespace {

namespace json = boost::json;

json::object reference(std::string_view to) {
    return {{"$ref", "#/components/" + std::string{to}}};
}

// Every number of the arrays in examples: 1 and 2, or where an array is made of a range of its own,
// such as of rates of interest, a quarter and a half of the way through that.
json::value example_of(const kernels::array& array, std::span<const std::uint64_t> sizes) {
    if (array.dimensions.empty()) return 1;
    const auto& range = array.made_of;
    const bool has_range = range != kernels::generation{} && !range.text;
    const double quarter = (double{range.below} - double{range.least}) / 4;
    json::array elements;
    for (std::size_t i = 0; i < kernels::extent(array.dimensions, sizes); ++i) {
        const auto step = static_cast<double>(1 + i % 2);
        if (has_range) {
            elements.emplace_back(std::round((range.least + step * quarter) * 100) / 100);
        } else {
            elements.emplace_back(1 + i % 2);
        }
    }
    return elements;
}

// Sizes that make a small example: two where there is no default.
std::vector<std::uint64_t> example_sizes(const kernels::kernel& kernel) {
    std::vector<std::uint64_t> sizes;
    for (const auto& one : kernel.parameters) {
        sizes.push_back(std::clamp<std::uint64_t>(2, one.minimum, one.maximum));
    }
    return sizes;
}

json::object element_schema(kernels::element_type type) {
    if (type == kernels::element_type::f32) {
        return {{"oneOf", json::array{json::object{{"type", "number"}},
                                      json::object{{"enum", {"NaN", "Infinity", "-Infinity"}}}}}};
    }
    json::object schema{{"type", "integer"}};
    switch (type) {
        case kernels::element_type::i8:
            schema["minimum"] = -128, schema["maximum"] = 127;
            break;
        case kernels::element_type::u8:
            schema["minimum"] = 0, schema["maximum"] = 255;
            break;
        case kernels::element_type::i32:
            schema["format"] = "int32";
            break;
        case kernels::element_type::i64:
            schema["format"] = "int64";
            break;
        default:
            schema["minimum"] = 0;
            break;
    }
    return schema;
}

json::object schema_of(const kernels::array& array) {
    if (array.dimensions.empty()) return element_schema(array.type);
    return {{"type", "array"}, {"items", element_schema(array.type)}};
}

json::object object_schema(std::span<const kernels::array> arrays, bool one_is_result) {
    json::object properties;
    json::array required;
    for (const auto& array : arrays) {
        const std::string_view name = one_is_result && arrays.size() == 1 ? "result" : array.name;
        properties[name] = schema_of(array);
        required.emplace_back(json::string(name));
    }
    return {{"type", "object"},
            {"properties", std::move(properties)},
            {"required", std::move(required)}};
}

json::object octets() {
    return {{"schema", json::object{{"type", "string"}, {"format", "binary"}}}};
}

json::object responses(json::object content) {
    return {{"200", json::object{{"description", "The answer."}, {"content", std::move(content)}}},
            {"default", reference("responses/Problem")}};
}

json::object integer_parameter(std::string_view name, std::string_view summary,
                               std::uint64_t minimum, std::uint64_t maximum, bool required,
                               std::uint64_t example) {
    // JSON numbers are exact up to 2^53.
    constexpr std::uint64_t exact_max = std::uint64_t{1} << 53;
    json::object schema{{"type", "integer"}, {"minimum", minimum}};
    if (maximum <= exact_max) schema["maximum"] = maximum;
    return {{"name", name},
            {"in", "query"},
            {"description", summary},
            {"required", required},
            {"schema", std::move(schema)},
            {"example", example}};
}

json::array kernel_parameters(const kernels::kernel& kernel, bool generated,
                              std::uint64_t threads_max) {
    const auto sizes = example_sizes(kernel);
    json::array parameters;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const auto& one = kernel.parameters[i];
        parameters.push_back(integer_parameter(one.name, one.summary, one.minimum, one.maximum,
                                               generated && !one.otherwise, sizes[i]));
    }
    if (kernel.rows != nullptr) {
        parameters.push_back(integer_parameter(
            "threads",
            "compute threads that may share the work, where they idle; the bits are the same", 1,
            threads_max, false, 1));
    }
    if (generated) {
        parameters.push_back(integer_parameter("seed", "which generated inputs", 0,
                                               std::numeric_limits<std::uint64_t>::max(), false,
                                               1));
        parameters.push_back(reference("parameters/close"));
    }
    return parameters;
}

json::object kernel_operation(const kernels::kernel& kernel, bool generated,
                              const config& settings) {
    json::object operation;
    operation["operationId"] = std::string{generated ? "generate_" : "run_"}.append(kernel.name);
    operation["summary"] =
        std::string{kernel.summary} + (generated ? ", on inputs made from a seed" : "");
    operation["tags"] = json::array{"kernels"};
    operation["parameters"] = kernel_parameters(kernel, generated, settings.compute_threads);
    if (!generated) {
        json::object example;
        for (const auto& input : kernel.inputs)
            example[input.name] = example_of(input, example_sizes(kernel));
        json::object as_json{{"schema", object_schema(kernel.inputs, false)},
                             {"example", std::move(example)}};
        operation["requestBody"] = {
            {"required", true},
            {"content", json::object{{"application/json", std::move(as_json)},
                                     {"application/octet-stream", octets()}}}};
    }
    operation["responses"] = responses(
        {{"application/json", json::object{{"schema", object_schema(kernel.outputs, true)}}},
         {"application/octet-stream", octets()}});
    if (!settings.token_file.empty())
        operation["security"] = json::array{json::object{{"bearer", json::array{}}}};
    return operation;
}

json::object plain_operation(const route& row) {
    json::object content;
    for (const auto type : row.answers) {
        content[type] = {
            {"schema", json::object{{"type", type == "application/json" ? "object" : "string"}}}};
    }
    // "/v1/identity" is get_v1_identity, "/" is get_.
    std::string id = "get";
    for (const char c : row.path)
        id += syntax::is(c, syntax::unreserved_character) && c != '.' ? c : '_';
    return {{"operationId", id},
            {"summary", row.summary},
            {"parameters", json::array{reference("parameters/close")}},
            {"responses", responses(std::move(content))}};
}

json::object components(const config& settings) {
    json::object problem{
        {"type", "object"},
        {"required", {"type", "title", "status", "detail"}},
        {"properties",
         json::object{
             {"type", json::object{{"type", "string"}, {"format", "uri-reference"}}},
             {"title", json::object{{"type", "string"}}},
             {"status", json::object{{"type", "integer"}}},
             {"detail", json::object{{"type", "string"}}},
             {"pointer", json::object{{"type", "string"},
                                      {"description", "the value or parameter at fault"}}}}}};
    json::object all;
    all["schemas"] = {{"Problem", std::move(problem)}};
    all["responses"] = {
        {"Problem",
         json::object{
             {"description", "What was wrong, and what would be right (RFC 9457)."},
             {"content", json::object{{"application/problem+json",
                                       json::object{{"schema", reference("schemas/Problem")}}}}}}}};
    all["parameters"] = {
        {"close", json::object{{"name", "close"},
                               {"in", "query"},
                               {"description", "1 ends the connection after the reply"},
                               {"schema", json::object{{"enum", {"0", "1"}}}},
                               {"example", "1"}}}};
    if (!settings.token_file.empty()) {
        all["securitySchemes"] = {{"bearer", json::object{{"type", "http"}, {"scheme", "bearer"}}}};
    }
    return all;
}

}  // namespace

std::string openapi_json(const config& settings) {
    json::object paths;
    for (const auto& row : all_routes()) {
        if (row.path == report_path && settings.report.empty()) continue;
        if (row.path != kernels_path) {
            paths[row.path] = {{"get", plain_operation(row)}};
            continue;
        }
        for (const auto& kernel : kernels::catalogue()) {
            paths[std::string{row.path}.append(kernel.name)] = {
                {"get", kernel_operation(kernel, true, settings)},
                {"post", kernel_operation(kernel, false, settings)}};
        }
    }
    json::object description;
    description["openapi"] = "3.1.0";
    description["info"] = {
        {"title", "Lanewise"},
        {"version", LANEWISE_VERSION},
        {"summary", "Which node answers, and kernels that give the same bits on every node."},
        {"license", json::object{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}};
    // Relative to where the description lies, which a proxy may have put under a prefix.
    description["servers"] = json::array{json::object{{"url", "."}}};
    description["paths"] = std::move(paths);
    description["components"] = components(settings);
    return json::serialize(description) + "\n";
}

}  // namespace lanewise::server
