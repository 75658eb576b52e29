%% The reference implementation's side of `cargo xtask bench formats`: prints the microseconds of
%% processor time of a pass: the mean of some after the first.
-module(reference).
-export([tarballs/1, versions/1]).

tarballs([Folder]) ->
    Tarballs = [read(Path) || Path <- lists:sort(filelib:wildcard(filename:join(Folder, "*.tar")))],
    Unpack = fun(Tarball) -> {ok, #{contents := [_ | _]}} = hex_tarball:unpack(Tarball, memory) end,
    report(fun() -> lists:foreach(Unpack, Tarballs) end).

versions([File, KeyFile]) ->
    {Versions, Key} = {read(File), read(KeyFile)},
    report(fun() -> {ok, #{packages := [_ | _]}} = hex_registry:unpack_versions(Versions, <<"bench">>, Key) end).

read(Path) ->
    {ok, Bytes} = file:read_file(Path),
    Bytes.

report(Pass) ->
    Pass(),
    {Before, _} = statistics(runtime),
    [Pass() || _ <- lists:seq(1, 8)],
    {After, _} = statistics(runtime),
    io:format("~b~n", [(After - Before) * 1000 div 8]),
    halt(0).
