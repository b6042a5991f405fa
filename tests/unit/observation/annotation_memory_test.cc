// What is remembered of the annotations of a repository's signatures.
#include "observation/annotation_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plimsoll::observation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const rekor::AnnotationTemplate kTeam{{"team", "harbour"}};
const rekor::AnnotationTemplate kTag{{"tag", std::nullopt}};
const rekor::AnnotationTemplate kRun{{"run", "4711"}};

TEST(AnnotationMemory, TheLastOnesAreKnownTheLastFirst) {
  AnnotationMemory memory;
  for (const auto& made : {kTeam, kTag, kTeam, kRun, kTeam}) memory.Learn("r.example/a", made);
  EXPECT_THAT(memory.Of("r.example/a"), ElementsAre(kTeam, kRun));
  EXPECT_THAT(memory.Of("r.example/b"), IsEmpty());
}

TEST(AnnotationMemory, NoAnnotationIsNothingToLearn) {
  AnnotationMemory memory;
  memory.Learn("r.example/a", {});
  EXPECT_THAT(memory.Of("r.example/a"), IsEmpty());
}

TEST(AnnotationMemory, TheRepositoryKnownForTheLongestIsForgottenFirst) {
  AnnotationMemory memory(2);
  for (const char* repository : {"r.example/a", "r.example/b", "r.example/c"})
    memory.Learn(repository, kTeam);
  EXPECT_THAT(memory.Of("r.example/a"), IsEmpty());
  EXPECT_THAT(memory.Of("r.example/c"), ElementsAre(kTeam));
}

}  // namespace
}  // namespace plimsoll::observation
