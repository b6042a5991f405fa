# Compiler options, the same for every target of the project.
option(PLIMSOLL_HARDENING "Hardening flags of the release build" OFF)
option(PLIMSOLL_FUZZ "Build the libFuzzer targets (clang only)" OFF)
set(PLIMSOLL_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(plimsoll_options INTERFACE)
target_compile_options(plimsoll_options INTERFACE -Wall -Wextra -Wconversion -Wshadow
                       -Wold-style-cast -Wnon-virtual-dtor -Werror)
# Boost.Asio and cpprestsdk are used from several threads everywhere they are used.
find_package(Threads REQUIRED)
target_link_libraries(plimsoll_options INTERFACE Threads::Threads)

if(PLIMSOLL_HARDENING)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  target_compile_options(plimsoll_options INTERFACE -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS
                         -fstack-protector-strong -fstack-clash-protection -fcf-protection)
  target_link_options(plimsoll_options INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

if(PLIMSOLL_SANITIZE)
  target_compile_options(plimsoll_options INTERFACE -fsanitize=${PLIMSOLL_SANITIZE}
                         -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(plimsoll_options INTERFACE -fsanitize=${PLIMSOLL_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # With instrumentation g++ 12 takes initialised members of Boost.Beast and std::optional for uninitialised.
    target_compile_options(plimsoll_options INTERFACE -Wno-maybe-uninitialized)
  endif()
  if(PLIMSOLL_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # g++ cannot instrument atomic_thread_fence, which Asio uses; it says so with -Wtsan.
    target_compile_options(plimsoll_options INTERFACE -Wno-tsan)
  endif()
  if(PLIMSOLL_SANITIZE MATCHES undefined AND CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    # RapidJSON's internal stack adds an offset to a null pointer, harmlessly.
    target_compile_options(plimsoll_options INTERFACE -fno-sanitize=pointer-overflow)
  endif()
endif()

# For the tests' own code, after plimsoll_options. Under a sanitizer it is compiled quickly, which halves the time of the
# whole build; the code under test keeps its optimisation and every check.
add_library(plimsoll_test_options INTERFACE)
if(PLIMSOLL_SANITIZE)
  target_compile_options(plimsoll_test_options INTERFACE -O0)
endif()
if(PLIMSOLL_SANITIZE MATCHES undefined)
  target_compile_options(plimsoll_test_options INTERFACE -fno-sanitize=undefined)
endif()

if(PLIMSOLL_FUZZ)
  target_compile_options(plimsoll_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  # Boost 1.74 finds the coroutine header of libstdc++ only when told to.
  target_compile_definitions(plimsoll_options INTERFACE BOOST_ASIO_HAS_CO_AWAIT
                             BOOST_ASIO_HAS_STD_COROUTINE)
endif()
