// Sections of a document as structs: a described struct has one reader and one writer, both made
// from the names of its members. A field that a document lacks, because it is older than the field,
// keeps the member's default.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <boost/mp11/algorithm.hpp>
#include <optional>
#include <type_traits>
#include <vector>

#include "document.hpp"

namespace lanewise::bench {

template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_any_access>;

template <class T>
constexpr bool is_section = boost::describe::has_describe_members<T>::value;

template <class T>
struct is_list : std::false_type {};
template <class T>
struct is_list<std::vector<T>> : std::true_type {};

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

/// The section that a value holds. The value has passed the document's schema; what does not fit
/// the struct all the same throws boost::system::system_error.
template <class T>
[[nodiscard]] T read_section(const boost::json::value& from) {
    if constexpr (is_optional<T>::value) {
        if (from.is_null()) return std::nullopt;
        return read_section<typename T::value_type>(from);
    } else if constexpr (is_list<T>::value) {
        T list;
        for (const auto& each : from.as_array()) {
            list.push_back(read_section<typename T::value_type>(each));
        }
        return list;
    } else if constexpr (is_section<T>) {
        T section;
        const auto& fields = from.as_object();
        boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
            if (const auto* field = fields.if_contains(member.name)) {
                auto& value = section.*member.pointer;
                value = read_section<std::remove_reference_t<decltype(value)>>(*field);
            }
        });
        return section;
    } else if constexpr (std::is_same_v<T, boost::json::value>) {
        return from;  // what others wrote, kept as it is
    } else {
        return boost::json::value_to<T>(from);
    }
}

/// The section as it stands in a document: a member that is not known is null.
template <class T>
[[nodiscard]] boost::json::value write_section(const T& section) {
    if constexpr (is_optional<T>::value) {
        return section ? write_section(*section) : boost::json::value(nullptr);
    } else if constexpr (is_list<T>::value) {
        boost::json::array list;
        for (const auto& each : section) list.push_back(write_section(each));
        return list;
    } else if constexpr (is_section<T>) {
        boost::json::object fields;
        boost::mp11::mp_for_each<members_of<T>>(
            [&](auto member) { fields[member.name] = write_section(section.*member.pointer); });
        return fields;
    } else if constexpr (std::is_same_v<T, boost::json::value>) {
        return section;
    } else {
        return boost::json::value_from(section);
    }
}

/// The document's section of this kind, T::key names which; none where it is null or missing.
template <class T>
[[nodiscard]] std::optional<T> section_of(const document& from) {
    const auto* section = from.content.if_contains(T::key);
    return section ? read_section<std::optional<T>>(*section) : std::nullopt;
}

}  // namespace lanewise::bench
