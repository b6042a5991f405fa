# A room is one static library of lib/. It sees its own headers and those of the rooms it lists, and of
# no other: include paths are not passed on, only the link order is. A file that includes a room which
# its own room does not list does not compile.

# The table of the architecture: what each room may list. A room that lists more does not configure.
set(PLIMSOLL_MAY_USE_base "")
set(PLIMSOLL_MAY_USE_metrics base)
set(PLIMSOLL_MAY_USE_json base)
set(PLIMSOLL_MAY_USE_config base)
set(PLIMSOLL_MAY_USE_crypto base)
set(PLIMSOLL_MAY_USE_http base crypto)
set(PLIMSOLL_MAY_USE_kube base json config crypto)
set(PLIMSOLL_MAY_USE_oci base json http)
set(PLIMSOLL_MAY_USE_sigstore base json crypto)
set(PLIMSOLL_MAY_USE_rekor base json http sigstore)
set(PLIMSOLL_MAY_USE_baseline base)
set(PLIMSOLL_MAY_USE_observation base oci sigstore rekor baseline)
set(PLIMSOLL_MAY_USE_api base json baseline)
# From the configuration to a running observer: what the three programs would otherwise each write.
set(PLIMSOLL_MAY_USE_setup base config http oci sigstore rekor baseline observation)

# Lets `target` include and link the given rooms, without passing them on.
function(plimsoll_use target)
  foreach(room ${ARGN})
    string(REGEX REPLACE "_write$" "" headers ${room})
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/lib/${headers}/include)
    target_link_libraries(${target} PRIVATE $<LINK_ONLY:plimsoll_${room}>)
  endforeach()
endfunction()

# plimsoll_room(NAME SOURCES file... [ROOMS room...] [PACKAGES target...] [TARGET suffix])
# TARGET makes a second library of the same room (kube_write), with the same rules.
function(plimsoll_room name)
  cmake_parse_arguments(ROOM "" "TARGET" "SOURCES;ROOMS;PACKAGES" ${ARGN})
  foreach(used ${ROOM_ROOMS})
    if(NOT used IN_LIST PLIMSOLL_MAY_USE_${name})
      message(FATAL_ERROR "room ${name} may not use room ${used}: it may use ${PLIMSOLL_MAY_USE_${name}}")
    endif()
  endforeach()
  set(target plimsoll_${name})
  if(ROOM_TARGET)
    set(target plimsoll_${name}_${ROOM_TARGET})
  endif()
  add_library(${target} STATIC ${ROOM_SOURCES})
  string(REPLACE plimsoll_ plimsoll:: alias ${target})
  add_library(${alias} ALIAS ${target})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/lib/${name}/include
                             PRIVATE ${CMAKE_SOURCE_DIR}/lib/${name})
  target_link_libraries(${target} PRIVATE plimsoll_options ${ROOM_PACKAGES})
  plimsoll_use(${target} ${ROOM_ROOMS})
endfunction()

# plimsoll_program(NAME SOURCES file... ROOMS room...)   programs may use every room
function(plimsoll_program name)
  cmake_parse_arguments(PROGRAM "" "" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
  add_executable(${name} ${PROGRAM_SOURCES})
  target_link_libraries(${name} PRIVATE plimsoll_options ${PROGRAM_LIBRARIES})
  plimsoll_use(${name} ${PROGRAM_ROOMS})
endfunction()
