// What this generator's clients do with secrets, the body of a GET and undeclared fields; scripts/languages.py reads the output.
class Limits {
    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "secret" -> System.out.println(new setu.TokenRequest()
                    .clientID(System.getenv("SETU_SANDBOX_CLIENT_ID")).secret(System.getenv("SETU_SANDBOX_SECRET")));
            case "get" -> {
                var client = new decentro.ApiClient().setBasePath(System.getenv("DECENTRO_SANDBOX_BASE_URL"));
                new decentro.TokenApi(client).generateToken(new decentro.TokenRequest()
                        .grantType(decentro.TokenRequest.GrantTypeEnum.CLIENT_CREDENTIALS)
                        .clientId(System.getenv("DECENTRO_SANDBOX_CLIENT_ID"))
                        .clientSecret(System.getenv("DECENTRO_SANDBOX_CLIENT_SECRET"))).block();
            }
            default -> {
                var client = new su.ApiClient().setBasePath(System.getenv("SU_SANDBOX_BASE_URL"));
                System.out.println(new su.TokenApi(client).generateAccessToken(
                        System.getenv("SU_SANDBOX_CLIENT_ID_BASE64"), System.getenv("SU_SANDBOX_CLIENT_SECRET")).block());
            }
        }
    }
}
