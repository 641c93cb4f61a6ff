#include "fixed_replies.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "build_info.hpp"
#include "cross_origin.hpp"
#include "kernels/catalogue.hpp"
#include "kernels/machine/machine_json.hpp"
#include "openapi.hpp"
#include "routes.hpp"
#include "server/page/page.hpp"

namespace lanewise::server {
namespace {

namespace json = boost::json;

using machine::or_null;

json::array variants_json() {
    json::array variants;
    for (const auto& one : kernels::variants()) {
        json::object row;
        row["name"] = one.name;
        row["runnable"] = one.runnable;
        if (!one.runnable) row["lacks"] = one.lacks;
        variants.push_back(std::move(row));
    }
    return variants;
}

json::object identity_json(const config& settings, const machine::facts& machine) {
    json::object identity;
    identity["architecture"] = machine.architecture;
    identity["machine"] = machine.machine;
    identity["node"] = settings.node;
    identity["pod"] = settings.pod;
    identity["instance"] = or_null(settings.instance);
    identity["emulated"] = or_null(machine.emulated);

    json::object cpu;
    cpu["model"] = or_null(machine.cpu_model);
    cpu["vendor"] = or_null(machine.cpu_vendor);
    cpu["id"] = or_null(machine.cpu_id);
    cpu["features"] = json::array(machine.features.begin(), machine.features.end());
    machine::put_counts(cpu, machine);
    cpu["quota"] = or_null(machine.quota_cpus);
    cpu["core_threads"] = machine::core_threads_json(machine);
    cpu["caches"] = machine::caches_json(machine);
    identity["cpu"] = std::move(cpu);
    identity["memory_bytes"] = or_null(machine.memory_bytes);
    identity["memory_limit_bytes"] = or_null(machine.memory_limit_bytes);
    identity["hypervisor"] = or_null(machine.hypervisor);

    identity["isa"] = {{"active", kernels::active_variant()}, {"variants", variants_json()}};
    identity["threads"] = {{"io", settings.threads}, {"compute", settings.compute_threads}};
    identity["version"] = LANEWISE_VERSION;
    identity["commit"] = LANEWISE_COMMIT;
    return identity;
}

json::array shape_json(const kernels::kernel& kernel, std::span<const kernels::dimension> shape) {
    json::array result;
    for (const auto& factor : shape) {
        if (factor.parameter < 0) {
            result.push_back(factor.constant);
        } else {
            result.push_back(
                json::string(kernel.parameters[static_cast<std::size_t>(factor.parameter)].name));
        }
    }
    return result;
}

json::array arrays_json(const kernels::kernel& kernel, std::span<const kernels::array> arrays) {
    json::array result;
    for (const auto& array : arrays) {
        result.push_back({{"name", array.name},
                          {"type", kernels::element_name(array.type)},
                          {"shape", shape_json(kernel, array.dimensions)}});
    }
    return result;
}

json::object kernel_json(const kernels::kernel& kernel, const config& settings) {
    json::object row;
    row["name"] = kernel.name;
    row["summary"] = kernel.summary;
    row["path"] = std::string{kernels_path}.append(kernel.name);
    json::array parameters;
    for (const auto& one : kernel.parameters) {
        parameters.push_back({{"name", one.name},
                              {"summary", one.summary},
                              {"minimum", one.minimum},
                              {"maximum", one.maximum},
                              {"default", or_null(one.otherwise)}});
    }
    row["parameters"] = std::move(parameters);
    row["threads_max"] = kernel.rows != nullptr ? settings.compute_threads : 1;
    row["inputs"] = arrays_json(kernel, kernel.inputs);
    row["outputs"] = arrays_json(kernel, kernel.outputs);
    row["work"] = {{"operations_per_item", kernel.operations_per_item},
                   {"items", shape_json(kernel, kernel.items)}};
    return row;
}

json::object kernels_json(const config& settings) {
    json::object list;
    list["active"] = kernels::active_variant();
    list["variants"] = variants_json();
    list["elements_max"] = settings.elements_max;
    list["body_bytes_max"] = settings.body_bytes_max;
    json::array rows;
    for (const auto& kernel : kernels::catalogue()) rows.push_back(kernel_json(kernel, settings));
    list["kernels"] = std::move(rows);
    return list;
}

resource made(std::string_view content_type, std::string body, std::string fields,
              std::string tag = {}) {
    resource fixed;
    fixed.content_type = content_type;
    fixed.body = std::move(body);
    fixed.fields = std::move(fields);
    fixed.tag = std::move(tag);
    prepare(fixed);
    return fixed;
}

}  // namespace

fixed_replies make_fixed_replies(const config& settings, const machine::facts& machine) {
    const auto cors = cors_fields(settings);
    const auto identity = json::serialize(identity_json(settings, machine)) + "\n";
    const auto fresh = "Cache-Control: no-store\r\n" + cors;
    const auto by_accept = std::string{vary_by_accept_and_encoding} + fresh;
    auto openapi = openapi_json(settings);
    const auto openapi_tag = tag_of(openapi);
    return {
        // No line feed: the loop `curl -w '\n'` that shows which pool answers adds its own.
        .hello_text = made("text/plain; charset=utf-8", hello_line(settings, machine), by_accept),
        .hello_json = made("application/json", identity, by_accept),
        .page = make_html_document(page_html(settings, machine), origin::page, cors),
        .identity = made("application/json", identity, fresh),
        .kernels = made("application/json", json::serialize(kernels_json(settings)) + "\n", fresh),
        .openapi = made("application/json", std::move(openapi),
                        "Cache-Control: no-cache\r\n" + cors, openapi_tag),
        .healthy = made("text/plain; charset=utf-8", "ok\n", fresh),
        .ready = made("text/plain; charset=utf-8", "ready\n", fresh),
    };
}

}  // namespace lanewise::server
