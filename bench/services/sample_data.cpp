#include "sample_data.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <string_view>
#include <vector>

#include "bench/figures/statistics.hpp"

namespace lanewise::bench {
namespace {

constexpr std::size_t words_known = 4000;

/// A word of two to four syllables; the same number always gives the same word.
std::string word_of(std::size_t number) {
    constexpr std::array<std::string_view, 24> syllables{
        "ka", "ro", "ni", "te",  "sal", "mo", "der", "vi", "lan", "pu",  "che", "tor",
        "be", "in", "os", "gra", "fi",  "el", "wer", "ty", "um",  "ses", "ho",  "ar"};
    random_source random{number * 2654435761U + 17};
    // Frequent words are short, as in every language.
    const std::size_t length = number < 60 ? 1 + random.below(2) : 2 + random.below(3);
    std::string word;
    for (std::size_t i = 0; i < length; ++i) word += syllables[random.below(syllables.size())];
    return word;
}

/// Words by Zipf's law: the n-th comes about 1/n as often as the first.
class vocabulary {
public:
    vocabulary() {
        double sum = 0;
        for (std::size_t i = 0; i < words_known; ++i) {
            words_.push_back(word_of(i));
            sum += 1 / (static_cast<double>(i) + 2.7);
            until_.push_back(sum);
        }
    }
    [[nodiscard]] const std::string& draw(random_source& random) const {
        const double at = random.uniform() * until_.back();
        const auto place = std::ranges::upper_bound(until_, at) - until_.begin();
        return words_[std::min<std::size_t>(static_cast<std::size_t>(place), words_known - 1)];
    }

private:
    std::vector<std::string> words_;
    std::vector<double> until_;
};

std::string capital(std::string word) {
    if (!word.empty() && word[0] >= 'a' && word[0] <= 'z')
        word[0] = static_cast<char>(word[0] - 'a' + 'A');
    return word;
}

std::string digits_of(random_source& random, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('0' + random.below(10));
    return text;
}

std::string hexadecimal(random_source& random, std::size_t count) {
    constexpr std::string_view letters = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += letters[random.below(letters.size())];
    return text;
}

std::string sentence(const vocabulary& words, random_source& random) {
    std::string text = capital(words.draw(random));
    for (std::size_t left = 4 + random.below(14); left > 0; --left) {
        text += random.below(9) == 0 ? ", " : " ";
        text += random.below(24) == 0 ? digits_of(random, 1 + random.below(4)) : words.draw(random);
    }
    return text + ". ";
}

// What is drawn by chance is streamed: only then does the language fix the order of the draws, on
// which the bytes depend.

std::string time_of(random_source& random) {
    const auto two = [&](std::size_t below) {
        const auto number = random.below(below);
        return std::string{static_cast<char>('0' + number / 10)} +
               static_cast<char>('0' + number % 10);
    };
    std::ostringstream text;
    text << "2026-" << 10 + random.below(3) << "-1" << digits_of(random, 1) << "T" << two(24) << ":"
         << two(60) << ":" << two(60) << "." << digits_of(random, 3) << "Z";
    return text.str();
}

std::string price_of(random_source& random) {
    std::ostringstream text;
    text << 1 + random.below(900) << "." << digits_of(random, 1) << "9";
    return text.str();
}

std::string identifier(random_source& random) {
    std::ostringstream text;
    text << hexadecimal(random, 8) << "-" << hexadecimal(random, 4) << "-4"
         << hexadecimal(random, 3) << "-a" << hexadecimal(random, 3) << "-"
         << hexadecimal(random, 12);
    return text.str();
}

void add_customer(const vocabulary& words, random_source& random, std::ostringstream& text) {
    constexpr std::array<std::string_view, 6> letters{"é", "ü", "ß", "ø", "å", "ñ"};
    text << R"(,"customer":{"name":")" << capital(words.draw(random))
         << letters[random.below(letters.size())] << words.draw(random) << R"(","email":")"
         << words.draw(random) << "." << words.draw(random) << R"(@example.com","loyalty":)"
         << (random.below(3) == 0 ? std::string{"null"} : digits_of(random, 1))
         << R"(,"address":{"street":")" << capital(words.draw(random)) << " "
         << 1 + random.below(200) << R"(","zip":"1)" << digits_of(random, 4) << R"(","position":[)"
         << random.below(90) << "." << digits_of(random, 6) << ",-" << random.below(180) << "."
         << digits_of(random, 6) << "]}}";
}

void add_item(const vocabulary& words, random_source& random, std::ostringstream& text) {
    text << R"({"sku":")" << hexadecimal(random, 10) << R"(","title":")"
         << capital(words.draw(random)) << " " << words.draw(random) << R"(\" )"
         << words.draw(random) << R"(","quantity":)" << 1 + random.below(9) << R"(,"price":)"
         << price_of(random) << R"(,"tags":[)";
    for (std::size_t tags = random.below(4), i = 0; i < tags; ++i)
        text << (i == 0 ? "" : ",") << '"' << words.draw(random) << '"';
    text << "]}";
}

std::string order(const vocabulary& words, random_source& random) {
    constexpr std::array<std::string_view, 4> states{"open", "paid", "shipped", "returned"};
    std::ostringstream text;
    text << R"({"id":")" << identifier(random) << R"(","created_at":")" << time_of(random)
         << R"(","status":")" << states[random.below(states.size())] << '"';
    add_customer(words, random, text);
    text << R"(,"items":[)";
    for (std::size_t count = 1 + random.below(5), i = 0; i < count; ++i) {
        text << (i == 0 ? "" : ",");
        add_item(words, random, text);
    }
    text << R"(],"note":")" << sentence(words, random) << R"(\nhttps:\/\/example.com\/o\/)"
         << hexadecimal(random, 6) << R"(","gift":)" << (random.below(8) == 0 ? "true" : "false")
         << "}";
    return text.str();
}

}  // namespace

std::string sample_text(std::uint64_t seed, std::size_t bytes) {
    const vocabulary words;
    random_source random{seed};
    std::vector<std::string> said;
    std::string text;
    text.reserve(bytes + 256);
    std::size_t line = 0;
    while (text.size() < bytes) {
        // Texts repeat themselves: headings, formulas, quotations.
        const bool again = !said.empty() && random.below(8) == 0;
        auto next = again ? said[random.below(said.size())] : sentence(words, random);
        if (!again && said.size() < 64) said.push_back(next);
        text += next;
        line += next.size();
        if (line > 90) {
            text += '\n';
            line = 0;
        }
    }
    text.resize(bytes);
    return text;
}

std::string sample_json(std::uint64_t seed, std::size_t bytes) {
    const vocabulary words;
    random_source random{seed};
    std::string text = R"({"page":1,"next":"\/v1\/orders?page=2","orders":[)";
    for (bool first = true; first || text.size() + 64 < bytes; first = false)
        text += (first ? "" : ",") + order(words, random);
    return text + R"(],"total":)" + std::to_string(random.below(100'000)) + "}";
}

std::string sample_noise(std::uint64_t seed, std::size_t bytes) {
    random_source random{seed};
    std::string noise(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i) noise[i] = static_cast<char>(random.bits() >> 56);
    return noise;
}

}  // namespace lanewise::bench
