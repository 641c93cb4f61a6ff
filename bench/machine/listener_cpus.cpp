#include "listener_cpus.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "kernels/machine/affinity.hpp"

namespace lanewise::bench {
namespace {

/// Socket inodes that listen on the port, from proc/net/tcp and tcp6.
std::vector<std::string> listening_inodes(const std::string& port, const std::string& root) {
    std::ostringstream wanted;
    wanted << ':' << std::uppercase << std::hex;
    wanted.width(4);
    wanted.fill('0');
    wanted << std::stoi(port);
    std::vector<std::string> inodes;
    for (const auto* table : {"proc/net/tcp", "proc/net/tcp6"}) {
        std::ifstream lines{root + table};
        std::string line;
        std::getline(lines, line);  // the names of the columns
        while (std::getline(lines, line)) {
            std::istringstream words{line};
            std::string slot, local, remote, state, skipped, inode;
            words >> slot >> local >> remote >> state;
            for (int i = 0; i < 5; ++i) words >> skipped;
            words >> inode;
            if (state == "0A" && local.ends_with(wanted.str())) inodes.push_back(inode);
        }
    }
    return inodes;
}

}  // namespace

std::vector<int> cpus_of_listener(const std::string& port, const std::string& root) {
    const auto inodes = listening_inodes(port, root);
    std::error_code error;
    for (std::filesystem::directory_iterator process{root + "proc", error}, end;
         !error && process != end; process.increment(error)) {
        const auto id = process->path().filename().string();
        if (id.find_first_not_of("0123456789") != std::string::npos) continue;
        std::error_code hidden;
        for (std::filesystem::directory_iterator file{process->path() / "fd", hidden};
             !hidden && file != end; file.increment(hidden)) {
            const auto link = std::filesystem::read_symlink(file->path(), hidden).string();
            if (hidden) break;
            const bool listens = std::ranges::any_of(
                inodes, [&](const auto& inode) { return link == "socket:[" + inode + "]"; });
            if (!listens) continue;
            return machine::allowed_cpus(std::stoi(id));
        }
    }
    return {};
}

}  // namespace lanewise::bench
