#include "golden.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iomanip>
#include <sstream>

#include "kernels/catalogue.hpp"

namespace kernels = lanewise::kernels;

std::uint64_t hash(std::string_view bytes, std::uint64_t before) {
    for (const char byte : bytes)
        before = (before ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    return before;
}

std::vector<golden_row> read_golden() {
    std::ifstream file(LANEWISE_TEST_DATA "/golden.txt");
    REQUIRE(file);
    std::vector<golden_row> rows;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream words(line);
        golden_row row;
        words >> row.kernel;
        const auto* kernel = kernels::find_kernel(row.kernel);
        REQUIRE_MESSAGE(kernel, line);
        row.sweep = line.find(" sweep ") != std::string::npos;
        if (row.sweep) {
            std::string word;
            words >> word;
        } else {
            row.parameters.resize(kernel->parameters.size());
            for (auto& parameter : row.parameters) words >> parameter;
            words >> row.seed;
        }
        words >> row.hash;
        REQUIRE_MESSAGE(words, line);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string hexadecimal(std::uint64_t value) {
    std::ostringstream out;
    out << std::hex << std::setw(16) << std::setfill('0') << value;
    return out.str();
}

void check_sweep(std::string_view kernel, std::uint64_t hash) {
    for (const auto& row : read_golden()) {
        if (row.sweep && row.kernel == kernel) {
            CHECK_MESSAGE(hexadecimal(hash) == row.hash, "now: ", std::string{kernel}, " sweep ",
                          hexadecimal(hash));
            return;
        }
    }
    FAIL("golden.txt has no sweep of " << std::string{kernel} << "; now: " << hexadecimal(hash));
}
